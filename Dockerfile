# One build stage with Maven, one run stage with a Java runtime and the WAR. Both base images can be replaced:
#   docker build --build-arg BUILD_IMAGE=… --build-arg RUN_IMAGE=… .
ARG BUILD_IMAGE=maven:3.9-eclipse-temurin-17
ARG RUN_IMAGE=eclipse-temurin:17-jre

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY pom.xml .
COPY src/main src/main
RUN mvn --batch-mode --no-transfer-progress -Dmaven.test.skip package

FROM ${RUN_IMAGE}
RUN useradd --system --uid 10001 partyline
COPY --from=build /src/target/partyline.war /partyline.war
USER 10001
ENV PARTYLINE_HOST=0.0.0.0
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["java", "-cp", "/partyline.war", "dev.partyline.launcher.Health"]
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-jar", "/partyline.war"]
