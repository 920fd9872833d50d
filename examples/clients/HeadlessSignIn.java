import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/**
 * A test without a test runner: signs the GP in at the workstation, then at the sample application in a browser without a window.
 * alongside exec -- java HeadlessSignIn.java
 */
class HeadlessSignIn {
  static final String CONSOLE = System.getenv("ALONGSIDE_CONSOLE_URL");
  static final String SAMPLE = System.getenv("ALONGSIDE_SAMPLE_URL");

  public static void main(String[] arguments) throws Exception {
    System.setProperty("jdk.httpclient.redirects.retrylimit", "20"); // before the first HttpClient; the default is 5
    call("PUT", "/desk", "{\"person\": \"gp\"}");

    var page = open(SAMPLE + "/sign-in/combined");
    if (page.statusCode() != 200 || !page.body().contains("656005750108")) throw new AssertionError(page.toString());
    System.out.println("signed in at " + page.uri());
  }

  /** Calls the console API. */
  static void call(String method, String path, String json) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(CONSOLE + "/api/v1" + path))
        .header("Content-Type", "application/json")
        .method(method, BodyPublishers.ofString(json))
        .build();
    var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    if (response.statusCode() >= 300) throw new AssertionError(response.body());
  }

  /** Opens an address as a browser does when a user follows a link. */
  static HttpResponse<String> open(String address) throws Exception {
    var browser = HttpClient.newBuilder()
        .cookieHandler(new CookieManager())
        .followRedirects(HttpClient.Redirect.ALWAYS)
        .build();
    var request = HttpRequest.newBuilder(URI.create(address))
        .header("Sec-Fetch-Dest", "document")
        .header("Sec-Fetch-Mode", "navigate")
        .header("Sec-Fetch-Site", "cross-site")
        .build();
    return browser.send(request, BodyHandlers.ofString());
  }
}
