# SPDX-License-Identifier: Apache-2.0
# The sample as a container: docker build -t holdfast-sample . && docker run --rm -p 8080:8080 holdfast-sample

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# Dependencies first: they change less often than the sources.
COPY Package.* ./
RUN swift package resolve
COPY Sources Sources
COPY Sample Sample
COPY Tests Tests
RUN swift build -c release --product sample --static-swift-stdlib \
    && bin="$(swift build -c release --show-bin-path)" \
    && mkdir /app \
    && strip -o /app/sample "$bin/sample" \
    && find "$bin" -maxdepth 1 -name '*.resources' -exec cp -R {} /app/ \;

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --no-create-home --shell /usr/sbin/nologin holdfast
WORKDIR /app
COPY --from=build --chown=root:root /app .
ENV HOLDFAST_HOST=0.0.0.0 HOLDFAST_PORT=8080
USER holdfast
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/sample"]
