package alongside.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Method;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * An instance of Alongside for tests in Java: that of "alongside exec", else one of its own, which ends with this object or this
 * process. Copy this file into your tests. In JUnit 5, {@code @ExtendWith(AlongsideInstance.Extension.class)} provides it to the
 * tests of a class. Java 11 or newer; no library but JUnit.
 */
public final class AlongsideInstance implements AutoCloseable {
  private static final int LONGEST_STOP_SECONDS = 60;

  private final HttpClient http = newClient();
  private final Process process;
  private final String consoleUrl;
  private final Map<String, Object> urls;
  private final FollowingClock clock;

  /** Uses the instance of "alongside exec"; with options of "alongside up", or without exec, starts one. */
  public AlongsideInstance(String... options) {
    var attached = options.length == 0 ? System.getenv("ALONGSIDE_CONSOLE_URL") : null;
    process = attached == null ? startProgram(List.of(options)) : null;
    consoleUrl = attached == null ? text(object(readyLine(process).get("urls")), "console") : attached;
    urls = object(call("GET", "/state").get("urls"));
    clock = new FollowingClock(http, consoleUrl, ZoneOffset.UTC);
  }

  /** Returns an address: console, api, apis, cis2Issuer, identityAgent, cis or sample. */
  public String url(String name) {
    return text(urls, name);
  }

  /** Signs a person in at the workstation, by persona or user id, with the usual PIN and the first role. Null takes the card out. */
  public Person desk(String person) {
    return desk(person, null, null);
  }

  /** Does the same with another PIN, or the role with this id; null for the usual ones. */
  public Person desk(String person, String pin, String role) {
    var wanted = new LinkedHashMap<String, Object>();
    wanted.put("person", person);
    if (pin != null) wanted.put("pin", pin);
    if (role != null) wanted.put("role", role);
    return Person.of(call("PUT", "/desk", wanted));
  }

  /** Puts a card into the reader, by persona, user id or serial: the agent asks for its PIN. */
  public void insertCard(String card) {
    call("PUT", "/readers/0/card", Map.of("card", card));
  }

  /** Answers the agent's question for the PIN. */
  public void enterPin(String pin) {
    call("POST", "/agent/pin", Map.of("pin", pin));
  }

  /** Answers the agent's question for the role, by its id. */
  public void chooseRole(String role) {
    call("POST", "/agent/role", Map.of("roleId", role));
  }

  /** Empties the reader and ends faults and moved time. The extension does it before each test. */
  public void tidy() {
    call("POST", "/tidy");
    clock.forget();
  }

  /** Moves the clock of all services. */
  public void advance(Duration time) {
    call("PUT", "/clock", Map.of("advance", time.toSeconds()));
    clock.forget();
  }

  /** Sets the clock of all services. */
  public void setTime(Instant time) {
    call("PUT", "/clock", Map.of("set", time.toString()));
    clock.forget();
  }

  /** Returns the clock of the instance, for an application in this process. */
  public Clock clock() {
    return clock;
  }

  /** Follows the clock of the instance with this console, for an application in another process: see ALONGSIDE_CONSOLE_URL. */
  public static Clock followClock(String consoleUrl) {
    return new FollowingClock(newClient(), consoleUrl, ZoneOffset.UTC);
  }

  /** Makes the next requests fail with a named fault. */
  public void fail(String fault, int next) {
    call("PUT", "/faults/" + encode(fault), Map.of("next", next));
  }

  /** Returns an access token as a sign-in would give it, to test an API alone. */
  public String accessToken(String person, String application) {
    return text(call("POST", "/tokens", Map.of("person", person, "application", application)), "access_token");
  }

  /** Returns a browser without a window: it follows the redirects of a sign-in and keeps cookies. */
  public Browser browser() {
    return new Browser();
  }

  /** Calls the console's API, such as call("GET", "/refusals"). */
  public Map<String, Object> call(String method, String path) {
    return call(method, path, null);
  }

  /**
   * Calls the console's API with a body of maps, lists, texts, numbers and booleans; empty for a response without a body.
   *
   * @throws IllegalStateException for a refusal, with its status and body
   */
  public Map<String, Object> call(String method, String path, Object body) {
    var request = HttpRequest.newBuilder(URI.create(consoleUrl + "/api/v1" + path))
        .timeout(Duration.ofSeconds(60))
        .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(Json.write(body)));
    if (body != null) request.header("Content-Type", "application/json");
    var answer = send(http, request.build());
    if (answer.statusCode() >= 300)
      throw new IllegalStateException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
    return answer.body().isEmpty() ? Map.of() : object(Json.read(answer.body()));
  }

  /** Ends an own instance by closing its input, so that it removes its folder. */
  @Override
  public void close() {
    if (process == null) return;
    try {
      process.getOutputStream().close();
      if (!process.waitFor(LONGEST_STOP_SECONDS, TimeUnit.SECONDS)) process.destroyForcibly();
    } catch (IOException failure) {
      process.destroyForcibly();
    } catch (InterruptedException interruption) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  // Starts the program in ALONGSIDE_CLIENT, else alongside on the PATH, else that of the project's npm package.
  private static Process startProgram(List<String> options) {
    var system = System.getProperty("os.name");
    var isWindows = system.startsWith("Windows");
    var words = new ArrayList<>(
        List.of("up", "--ephemeral", "--port-base", "0", "--json", "--end-with-input", "--log-level", "error"));
    // Elsewhere the agent does not see whose program waits for a code.
    if (!system.equals("Linux")) words.add("--no-confirm-native");
    words.addAll(options);
    var client = System.getenv("ALONGSIDE_CLIENT");
    try {
      if (client != null) return startProcess(List.of(client), words);
      try {
        return startProcess(List.of(isWindows ? "alongside.exe" : "alongside"), words);
      } catch (IOException missing) {
        return startProcess(List.of(isWindows ? "npx.cmd" : "npx", "--no", "alongside"), words);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException("Alongside cannot be started. Install it, or run the tests in \"alongside exec\".", failure);
    }
  }

  private static Process startProcess(List<String> program, List<String> words) throws IOException {
    var all = new ArrayList<>(program);
    all.addAll(words);
    var builder = new ProcessBuilder(all).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().remove("ALONGSIDE_STATE");
    return builder.start();
  }

  private static Map<String, Object> readyLine(Process process) {
    try {
      var output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      var line = output.readLine();
      var state = line == null ? null : object(Json.read(line));
      if (state == null || state.containsKey("error"))
        throw new IllegalStateException("Alongside did not start: " + (line == null ? "see its output." : line));
      return state;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static HttpClient newClient() {
    return HttpClient.newBuilder().proxy(HttpClient.Builder.NO_PROXY).version(HttpClient.Version.HTTP_1_1).build();
  }

  private static HttpResponse<String> send(HttpClient client, HttpRequest request) {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (IOException failure) {
      throw new UncheckedIOException(request.uri() + " does not respond.", failure);
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interruption);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Object json) {
    return (Map<String, Object>) json;
  }

  private static String text(Map<String, Object> object, String member) {
    return (String) object.get(member);
  }

  /** The person who is signed in at the workstation, with the chosen role. */
  public static final class Person {
    public final String uid;
    public final String displayName;
    public final String roleId;
    public final String roleName;
    public final String orgCode;

    private Person(Map<String, Object> person, Map<String, Object> role) {
      uid = text(person, "uid");
      displayName = text(person, "displayName");
      roleId = text(role, "roleId");
      roleName = text(role, "roleName");
      orgCode = text(role, "orgCode");
    }

    /** Returns null while no one is signed in, such as in the newer generation, where the agent asks for the PIN later. */
    private static Person of(Map<String, Object> agent) {
      if (agent.get("person") == null) return null;
      return new Person(object(agent.get("person")), agent.get("role") == null ? Map.of() : object(agent.get("role")));
    }
  }

  /** A browser without a window: cookies and redirects. It runs no script. */
  public static final class Browser {
    private static final int MOST_REDIRECTS = 20;

    private final HttpClient client = HttpClient.newBuilder()
        .proxy(HttpClient.Builder.NO_PROXY)
        .version(HttpClient.Version.HTTP_1_1)
        .cookieHandler(new CookieManager())
        // Followed here: the JDK ends after five, and its limit has to be set before the first client of the process.
        .followRedirects(HttpClient.Redirect.NEVER)
        .build();

    private Browser() {}

    /** Opens an address and follows its redirects. */
    public HttpResponse<String> open(String address) {
      var next = URI.create(address);
      for (var redirects = 0; ; redirects++) {
        var answer = send(client, HttpRequest.newBuilder(next)
            .timeout(Duration.ofSeconds(60))
            .header("Sec-Fetch-Dest", "document")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Site", "cross-site")
            .build());
        var location = answer.headers().firstValue("Location");
        if (answer.statusCode() / 100 != 3 || location.isEmpty()) return answer;
        if (redirects == MOST_REDIRECTS) throw new IllegalStateException(address + " redirects too often.");
        next = next.resolve(location.get());
      }
    }
  }

  /** The clock of an instance. It is read again when it is asked and the last answer is older than a tenth of a second. */
  private static final class FollowingClock extends Clock {
    private static final long LONGEST_NANOSECONDS = 100_000_000;

    private final HttpClient http;
    private final String consoleUrl;
    private final ZoneId zone;
    private Instant frozen;
    private Duration offset;
    private long readAt;

    private FollowingClock(HttpClient http, String consoleUrl, ZoneId zone) {
      this.http = http;
      this.consoleUrl = consoleUrl;
      this.zone = zone;
    }

    private synchronized void forget() {
      readAt = System.nanoTime() - 2 * LONGEST_NANOSECONDS;
    }

    @Override
    public synchronized Instant instant() {
      if (offset == null || System.nanoTime() - readAt > LONGEST_NANOSECONDS) read();
      return frozen == null ? Instant.now().plus(offset) : frozen;
    }

    private void read() {
      try {
        var request = HttpRequest.newBuilder(URI.create(consoleUrl + "/api/v1/clock")).timeout(Duration.ofSeconds(10));
        var state = object(Json.read(send(http, request.build()).body()));
        var now = Instant.parse(text(state, "now"));
        offset = Duration.between(Instant.now(), now);
        frozen = Boolean.TRUE.equals(state.get("frozen")) ? now : null;
      } catch (UncheckedIOException failure) {
        // An instance that has stopped leaves the last time.
        if (offset == null) throw failure;
      }
      readAt = System.nanoTime();
    }

    @Override
    public ZoneId getZone() {
      return zone;
    }

    @Override
    public Clock withZone(ZoneId other) {
      return new FollowingClock(http, consoleUrl, other);
    }
  }

  /** A parameter of a test, of the type Person: signs this person in at the workstation before the test. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.PARAMETER)
  public @interface AtDesk {
    /** Persona or user id. */
    String value();

    /** PIN of the card; the usual one by default. */
    String pin() default "";

    /** Id of a role; the first by default. */
    String role() default "";
  }

  /**
   * Provides an instance to tests of JUnit 5: as a parameter of the type AlongsideInstance, and with a person at the desk as a
   * parameter with AtDesk. All classes with the same options share one, which ends after the last test. It is tidied before each
   * test, and a failed test prints what has happened during it on standard error. An instance has one card reader: if JUnit runs
   * classes at once, add {@code @ResourceLock("alongside")} to those with this extension.
   */
  public static final class Extension implements BeforeEachCallback, AfterEachCallback, ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(AlongsideInstance.class);

    private final List<String> options;

    /** For ExtendWith. */
    public Extension() {
      this(new String[0]);
    }

    /** For RegisterExtension, with options of "alongside up" such as "--generation", "internet": an instance with them. */
    public Extension(String... options) {
      this.options = List.of(options);
    }

    /** An instance that JUnit closes at the end. */
    private static final class Shared implements ExtensionContext.Store.CloseableResource {
      final AlongsideInstance instance;

      Shared(List<String> options) {
        instance = new AlongsideInstance(options.toArray(new String[0]));
      }

      @Override
      public void close() {
        instance.close();
      }
    }

    private AlongsideInstance instanceOf(ExtensionContext context) {
      var store = context.getRoot().getStore(NAMESPACE);
      return store.getOrComputeIfAbsent(options, Shared::new, Shared.class).instance;
    }

    @Override
    public void beforeEach(ExtensionContext context) {
      var instance = instanceOf(context);
      instance.tidy();
      context.getStore(NAMESPACE).put("mark", text(instance.call("GET", "/report"), "mark"));
    }

    @Override
    public void afterEach(ExtensionContext context) {
      if (context.getExecutionException().isEmpty()) return;
      var mark = context.getStore(NAMESPACE).get("mark", String.class);
      if (mark == null) return;
      var instance = instanceOf(context);
      System.err.println("Alongside at " + instance.consoleUrl + ", during " + context.getDisplayName() + ":");
      try {
        System.err.println(text(instance.call("GET", "/report?since=" + mark), "text"));
      } catch (RuntimeException failure) {
        System.err.println(failure.getMessage());
      }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      var type = parameter.getParameter().getType();
      if (type == AlongsideInstance.class) return true;
      // A constructor runs before the instance is tidied.
      return type == Person.class && parameter.isAnnotated(AtDesk.class) && parameter.getDeclaringExecutable() instanceof Method;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      var instance = instanceOf(context);
      var desk = parameter.findAnnotation(AtDesk.class);
      if (desk.isEmpty()) return instance;
      var pin = desk.get().pin();
      var role = desk.get().role();
      return instance.desk(desk.get().value(), pin.isEmpty() ? null : pin, role.isEmpty() ? null : role);
    }
  }

  /** JSON as maps, lists, texts, numbers (Long or Double), booleans and null, because the JDK has no parser. */
  private static final class Json {
    private final String text;
    private int at;

    private Json(String text) {
      this.text = text;
    }

    static Object read(String text) {
      var reader = new Json(text);
      var value = reader.value();
      reader.skip();
      if (reader.at < text.length()) throw reader.wrong();
      return value;
    }

    static String write(Object value) {
      if (value instanceof Map) {
        var members = new ArrayList<String>();
        ((Map<?, ?>) value).forEach((name, member) -> members.add(write(String.valueOf(name)) + ":" + write(member)));
        return "{" + String.join(",", members) + "}";
      }
      if (value instanceof Iterable) {
        var entries = new ArrayList<String>();
        ((Iterable<?>) value).forEach(entry -> entries.add(write(entry)));
        return "[" + String.join(",", entries) + "]";
      }
      if (value == null || value instanceof Number || value instanceof Boolean) return String.valueOf(value);
      var written = new StringBuilder("\"");
      for (var character : value.toString().toCharArray()) {
        if (character == '"' || character == '\\') written.append('\\').append(character);
        else if (character < ' ') written.append(String.format("\\u%04x", (int) character));
        else written.append(character);
      }
      return written.append('"').toString();
    }

    private Object value() {
      skip();
      if (take('{')) return members();
      if (take('[')) return entries();
      if (take('"')) return string();
      var start = at;
      while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) at++;
      var word = text.substring(start, at);
      if (word.equals("null")) return null;
      if (word.equals("true") || word.equals("false")) return Boolean.valueOf(word);
      if (word.matches("-?\\d{1,18}")) return Long.valueOf(word);
      if (word.matches("-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?")) return Double.valueOf(word);
      throw wrong();
    }

    private Map<String, Object> members() {
      var members = new LinkedHashMap<String, Object>();
      skip();
      if (take('}')) return members;
      do {
        skip();
        need('"');
        var name = string();
        skip();
        need(':');
        members.put(name, value());
        skip();
      } while (take(','));
      need('}');
      return members;
    }

    private List<Object> entries() {
      var entries = new ArrayList<>();
      skip();
      if (take(']')) return Collections.emptyList();
      do {
        entries.add(value());
        skip();
      } while (take(','));
      need(']');
      return entries;
    }

    private String string() {
      var string = new StringBuilder();
      while (!take('"')) {
        var character = next();
        if (character != '\\') string.append(character);
        else {
          var escaped = next();
          var place = "bfnrt".indexOf(escaped);
          if (escaped == 'u') {
            string.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
            at += 4;
          } else string.append(place < 0 ? escaped : "\b\f\n\r\t".charAt(place));
        }
      }
      return string.toString();
    }

    private void skip() {
      while (at < text.length() && Character.isWhitespace(text.charAt(at))) at++;
    }

    private boolean take(char character) {
      if (at >= text.length() || text.charAt(at) != character) return false;
      at++;
      return true;
    }

    private void need(char character) {
      if (!take(character)) throw wrong();
    }

    private char next() {
      if (at >= text.length()) throw wrong();
      return text.charAt(at++);
    }

    private IllegalStateException wrong() {
      return new IllegalStateException("This is not JSON at character " + at + ".");
    }
  }
}
