import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;

/** Refreshes the tokens of a token exchange at /oauth2: java RefreshExchanged.java, with the refresh token on standard input. */
class RefreshExchanged {
  public static void main(String[] arguments) throws Exception {
    var environment = System.getenv();
    var refreshToken = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).trim();
    System.out.println(refresh(
        environment.get("ALONGSIDE_API_URL"), environment.get("API_KEY"), environment.get("API_SECRET"), refreshToken));
  }

  /** Returns the JSON of the token endpoint, with a new refresh token. */
  static String refresh(String api, String clientId, String clientSecret, String refreshToken) throws Exception {
    var form = Map.of(
        "grant_type", "refresh_token", "refresh_token", refreshToken, "client_id", clientId, "client_secret", clientSecret);
    var body = form.entrySet().stream()
        .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
    var request = HttpRequest.newBuilder(URI.create(api + "/oauth2/token"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(BodyPublishers.ofString(body))
        .build();
    var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    if (response.statusCode() != 200) throw new IllegalStateException(response.body());
    return response.body();
  }
}
