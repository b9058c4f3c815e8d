# The static binary and its names, and nothing else:
#   docker build -t govs .
#   docker run --rm govs ovs-vsctl --version
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN make

FROM scratch
COPY --from=build /src/bin/ /usr/bin/
ENV PATH=/usr/bin
ENTRYPOINT ["/usr/bin/govs"]
