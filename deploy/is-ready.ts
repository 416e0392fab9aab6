// For a container's health check: exit code 0 while this container's API can accept requests, else 1. No curl is needed in the image.

const limitMs = 2_000

const answer = await fetch(`http://127.0.0.1:${process.env.PORT || 3000}/readyz`, {
  signal: AbortSignal.timeout(limitMs),
}).catch(() => null)
process.exitCode = answer?.status === 200 ? 0 : 1
