# docker build -t imgtailor . && docker run -p 3000:3000 -e IMGTAILOR_SIZES=360x270,480h,1280w \
#   -v ./photos:/photos:ro -v renditions:/renditions imgtailor
FROM node:24-slim AS build
WORKDIR /imgtailor
COPY package.json package-lock.json .npmrc ./
# `prepare` would build, and the sources are not copied yet.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
# Read only at process start: threads for renders and file access, and memory returned to the system after renders.
ENV NODE_ENV=production UV_THREADPOOL_SIZE=16 MALLOC_ARENA_MAX=2
COPY --from=build /imgtailor/package.json /imgtailor/
COPY --from=build /imgtailor/node_modules /imgtailor/node_modules
COPY --from=build /imgtailor/dist /imgtailor/dist
RUN mkdir /photos /renditions && chown node:node /renditions
USER node
VOLUME /renditions
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.IMGTAILOR_PORT ?? 3000}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/imgtailor/dist/cli/main.js"]
CMD ["serve", "/photos", "--host", "0.0.0.0", "--renditions", "/renditions"]
