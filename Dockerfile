# One image for every process: `command` says which one. Node runs TypeScript as it is, so there is nothing to build.
#
#   docker build -t junban:local .
#   docker run --rm junban:local src/cli.ts --help

FROM node:26.10.0-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without what `npm start` brings for a bare machine (Postgres, Node): those are the optional ones.
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force

FROM node:26.10.0-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
# From what changes seldom to what changes often. Owned by root: the process cannot change its own code.
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY deploy/is-alive.ts deploy/is-ready.ts deploy/secrets.ts ./deploy/
COPY migrations ./migrations
COPY workers ./workers
COPY src ./src
USER node
EXPOSE 3000
# SIGTERM: take nothing new, finish what is owed, leave.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--max-semi-space-size=32", "--no-allocation-site-pretenuring"]
CMD ["--max-old-space-size=768", "--v8-pool-size=1", "src/api.ts"]
