import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Signs a user in with the helper and calls an API. Java 17 or newer: java SignIn.java */
class SignIn {
  static Process start(List<String> program, String... words) throws IOException {
    var command = new ArrayList<>(program);
    command.addAll(List.of(words));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** Starts the helper: the program in ALONGSIDE_CLIENT, else alongside.exe on Windows, else npx. */
  static Process helper(String... words) throws IOException {
    String client = System.getenv("ALONGSIDE_CLIENT");
    if (client != null) return start(List.of(client), words);
    boolean windows = System.getProperty("os.name").startsWith("Windows");
    try {
      if (windows) return start(List.of("alongside.exe"), words);
    } catch (IOException notInstalled) {
      // npx is a batch file there, which starts by its full name only.
    }
    return start(List.of(windows ? "npx.cmd" : "npx", "--yes", "@alongside/client"), words);
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    String api = System.getenv().getOrDefault("API_URL", "http://localhost:8401");
    Process helper = helper("token", "--issuer", api + "/oauth2.1", "--client", "demo-native");
    String token = new String(helper.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (helper.waitFor() != 0) System.exit(1);
    var request = HttpRequest.newBuilder(URI.create(api + "/hello-world/hello/user"));
    request.header("Authorization", "Bearer " + token);
    System.out.println(HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString()).body());
  }
}
