# The build stage has Maven and a JDK, and links a Java runtime of the required modules. The run stage has that runtime and the WAR.
# Both base images can be replaced; the second must have the same C library as the first:
#   docker build --build-arg BUILD_IMAGE=… --build-arg RUN_IMAGE=… .
ARG BUILD_IMAGE=maven:3.9-eclipse-temurin-17
ARG RUN_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
# Before the source, which changes more often. The class data archive halves the start-up time, also of the health check.
RUN jlink --output /java --compress=2 --no-header-files --no-man-pages --strip-java-debug-attributes --add-modules \
  java.base,java.desktop,java.instrument,java.management,java.naming,java.rmi,java.security.jgss,java.sql,jdk.crypto.ec,jdk.jfr,jdk.management.agent,jdk.unsupported \
  && /java/bin/java -Xshare:dump
COPY pom.xml LICENSE NOTICE ./
COPY src/main src/main
RUN mvn --batch-mode --no-transfer-progress -Dmaven.test.skip package

FROM ${RUN_IMAGE}
COPY --from=build /java /java
COPY --from=build /src/target/partyline.war /partyline.war
# A number: no user has to be created, and orchestrators can verify that it is not root.
USER 10001:10001
ENV PARTYLINE_HOST=0.0.0.0
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["/java/bin/java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", "/partyline.war", "dev.partyline.launcher.HealthCheck"]
ENTRYPOINT ["/java/bin/java", "-XX:MaxRAMPercentage=75", "-XX:+ExitOnOutOfMemoryError", "-XX:+UseParallelGC", "-jar", "/partyline.war"]
