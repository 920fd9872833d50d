import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Signs a user in with the helper and calls an API. Java 17 or newer: java SignIn.java */
class SignIn {
  public static void main(String[] arguments) throws IOException, InterruptedException {
    String api = System.getenv().getOrDefault("API_URL", "http://localhost:8401");
    String client = System.getenv().getOrDefault("ALONGSIDE_CLIENT", "npx --yes @alongside/client");
    var command = new java.util.ArrayList<>(List.of(client.split(" ")));
    command.addAll(List.of("token", "--issuer", api + "/oauth2.1", "--client", "demo-native"));
    Process helper =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String token = new String(helper.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (helper.waitFor() != 0) System.exit(1);
    var request = HttpRequest.newBuilder(URI.create(api + "/hello-world/hello/user"));
    request.header("Authorization", "Bearer " + token);
    System.out.println(HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString()).body());
  }
}
