/** Largest body in bytes: ten choices of fifty locations with long ids are less than half of it. */
export const bodyLimitBytes = 64 * 1024
/** All of a request must have arrived by then, in ms. */
const requestTimeoutMs = 10_000
/** Its headers by then, in ms. */
const headersTimeoutMs = 8_000
/** Late ones are looked for this often, in ms: without it the two limits above are not kept. */
const connectionsCheckingIntervalMs = 1_000
/** All headers of a request, in bytes. */
const maxHeaderBytes = 8_192
/** An idle connection is kept for so long, in ms: longer than most proxies keep theirs. */
const keepAliveTimeoutMs = 65_000
/** Then a client connects again, so that load finds a process that was started later. */
export const maxRequestsPerSocket = 10_000
/** Connections of one process: 10,000 who keep one and say nothing, and room for those who ask. One takes some 13 kB. */
export const maxConnections = 12_000
/**
 * Connections that have come and wait to be taken in while the event loop is busy; the system allows no more (`net.core.somaxconn`). With
 * Node's 511, of 2,000 who came at once three in four were overlooked, and asked again after 1, 3 and 7 seconds.
 */
export const listenBacklog = 4_096
/** A stop waits this long for connections that the system has taken, then again for what is on its way on them, in ms. */
export const lingerMs = 500
/** A part of a path, in characters: a reservation id is 36, an id of an import 128. */
const maxParamLength = 200

/** Of the server, as Node names them. */
export const serverLimits = {
  requestTimeout: requestTimeoutMs,
  keepAliveTimeout: keepAliveTimeoutMs,
  headersTimeout: headersTimeoutMs,
  connectionsCheckingInterval: connectionsCheckingIntervalMs,
  maxHeaderSize: maxHeaderBytes,
  requireHostHeader: false, // `refuseUnclearRequests` does, with a problem document
}

/** Of what Fastify does with a request. */
export const requestLimits = {
  bodyLimit: bodyLimitBytes,
  routerOptions: { maxParamLength },
  return503OnClosing: false,
}
