package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What can be said of the image and the demo without an engine to build and run them. */
class DockerFilesTest {

    @Test
    void imageIsBuiltInOneStageAndRunInAnother() throws IOException {
        List<String> stages = instructions("FROM");

        assertThat(stages).containsExactly("${BUILD_IMAGE} AS build", "${RUN_IMAGE}");
        assertThat(instructions("ARG")).extracting(argument -> argument.replaceFirst("=.*", "")).containsExactly("BUILD_IMAGE", "RUN_IMAGE");
        assertThat(instructions("COPY")).endsWith("--from=build /java /java", "--from=build /src/target/partyline.war /partyline.war");
    }

    @Test
    void imageRunsTheWarAsNobodyInParticular() throws IOException {
        assertThat(instructions("USER")).hasSize(1).allMatch(user -> user.matches("[1-9][0-9]*:[1-9][0-9]*"));
        assertThat(instructions("ENTRYPOINT")).hasSize(1).allMatch(entry -> entry.matches("\\[\"/java/bin/java\", .*\"-jar\", \"/partyline.war\"]"));
        assertThat(instructions("ENTRYPOINT").get(0)).contains("\"-XX:+ExitOnOutOfMemoryError\"");
        assertThat(instructions("EXPOSE")).containsExactly("8080");
        assertThat(instructions("ENV")).containsExactly("PARTYLINE_HOST=0.0.0.0");
    }

    @Test
    void healthCheckAsksWithAClassThatIsInTheWar() throws IOException {
        assertThat(instructions("HEALTHCHECK")).hasSize(1)
            .allMatch(check -> check.matches(".*CMD \\[\"/java/bin/java\", .*\"-cp\", \"/partyline.war\", \"dev.partyline.launcher.HealthCheck\"]"));
        assertThat(Path.of("src/main/java/dev/partyline/launcher/HealthCheck.java")).exists();
    }

    /** What is sent to the engine: what the build stage copies, and nothing else. */
    @Test
    void whatIsNotCopiedIsNotSent() throws IOException {
        assertThat(Files.readAllLines(Path.of(".dockerignore"))).containsExactly("*", "!pom.xml", "!LICENSE", "!NOTICE", "!src/main");
        assertThat(instructions("COPY")).startsWith("pom.xml LICENSE NOTICE ./", "src/main src/main");
    }

    @Test
    @SuppressWarnings("unchecked")
    void composeShowsTheDemoOnOnePort() throws IOException {
        Map<String, Object> compose = (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(Files.readString(Path.of("docker-compose.yml")));
        Map<String, Map<String, Object>> services = (Map<String, Map<String, Object>>) compose.get("services");

        assertThat(services).containsOnlyKeys("partyline");
        assertThat(services.get("partyline")).containsEntry("build", ".").containsEntry("ports", List.of("8080:8080")).containsEntry("read_only", true)
            .containsEntry("tmpfs", List.of("/tmp")).containsEntry("cap_drop", List.of("ALL")).containsEntry("security_opt", List.of("no-new-privileges:true"));
    }

    /** The arguments of each instruction of this name, on one line. */
    private static List<String> instructions(String name) throws IOException {
        return Files.readString(Path.of("Dockerfile")).replaceAll("\\\\\n\\s*", "").lines()
            .filter(line -> line.startsWith(name + " ")).map(line -> line.substring(name.length() + 1)).toList();
    }
}
