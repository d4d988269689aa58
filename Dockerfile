# syntax=docker/dockerfile:1
# The operator's image: docker build -t armada-operator:0.1.0 .
# The base image is pinned by version; whoever publishes the image pins its digest too: --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS bundle
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts/bundle.ts scripts/
COPY src src
RUN node scripts/bundle.ts dist

FROM ${NODE_IMAGE} AS helm
ARG TARGETARCH
ARG HELM_VERSION=3.22.0
WORKDIR /helm
ADD https://get.helm.sh/helm-v${HELM_VERSION}-linux-${TARGETARCH}.tar.gz https://get.helm.sh/helm-v${HELM_VERSION}-linux-${TARGETARCH}.tar.gz.sha256sum ./
RUN sha256sum --check --strict helm-v${HELM_VERSION}-linux-${TARGETARCH}.tar.gz.sha256sum \
 && tar --extract --gzip --strip-components=1 --file=helm-v${HELM_VERSION}-linux-${TARGETARCH}.tar.gz linux-${TARGETARCH}/helm

FROM ${NODE_IMAGE}
# git for charts in git; setpriv and prlimit (util-linux) end helm with the operator, however that dies, and limit it. npm has no business here.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git openssh-client util-linux \
 && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /opt/yarn-* \
 && rm -f /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
 && setpriv --pdeathsig KILL -- prlimit --data=536870912 --cpu=120 -- git --version
COPY --from=helm /helm/helm /usr/local/bin/helm
COPY --from=bundle /src/dist /opt/armada/operator
COPY helm-charts /opt/armada/helm-charts
COPY LICENSE /opt/armada/
# Folders that the Deployment mounts; without it they take what the operator writes.
RUN install --directory --mode=0700 --owner=65532 --group=65532 /var/lib/armada-operator
ENV NODE_ENV=production HOME=/var/lib/armada-operator ARMADA_STATE_DIR=/var/lib/armada-operator/state
WORKDIR /
USER 65532:65532
# The arguments of src/apps/operator/command.ts; flags of the operator come after.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--", "/opt/armada/operator/operator.mjs"]
