import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The calls of the Ticket API, answered by the Identity Agent of this workstation. Copy this file into an application that used the
 * library of the former Identity Agent. Java 17 or newer, without other libraries.
 */
public final class TicketApi {
  /** What {@link #getGAVersion} takes: the interface, or the agent. */
  public static final int VERSION_OF_API = 1, VERSION_OF_AGENT = 2;

  private static final long INVALID_PARAMETER = 0x80100003L, SERVER_COMM_FAILED = 0x80100007L, INTERNAL_ERROR = 0x8010000aL;
  private static final int MAX_LINE = 65_536;

  /** A call that failed. */
  public static final class TicketException extends IOException {
    private static final long serialVersionUID = 1;
    private final long code;

    private TicketException(long code, String message) {
      super(String.format("0x%08x %s", code, message));
      this.code = code;
    }

    /** Returns the published number, group plus number: 0x80100009 if no user is signed in. */
    public long code() {
      return code;
    }
  }

  private final String application;
  private volatile long lastError;

  /** @param application the name of your application, for the user and the log of the agent */
  public TicketApi(String application) {
    this.application = application;
  }

  /** Returns the ticket of the session. Without a session, waits for the user to sign in, for some seconds, 300 at most. */
  public String getTicket(int seconds) throws TicketException {
    return member(call("getTicket", named() + ",\"timeout\":" + seconds), "ticket");
  }

  /** Returns the ticket of the session; never asks the user. */
  public String getTicketNoAuth() throws TicketException {
    return member(call("getTicketNoAuth", named()), "ticket");
  }

  /** Asks for the PIN again, and returns a new ticket. The earlier ones end. */
  public String getNewTicket(int seconds) throws TicketException {
    return member(call("getNewTicket", named() + ",\"timeout\":" + seconds), "ticket");
  }

  /** Signs the user out, as if the card were removed. */
  public void destroyTicket() throws TicketException {
    call("destroyTicket", "");
  }

  /** Returns a version: {@link #VERSION_OF_API} or {@link #VERSION_OF_AGENT}. */
  public String getGAVersion(int which) throws TicketException {
    return member(call("getGAVersion", "\"which\":" + which), "version");
  }

  /** Returns whether the user sits at another machine: Remote Desktop, ICA or SSH. */
  public boolean isTerminalServiceSession() throws TicketException {
    return Boolean.parseBoolean(member(call("isTerminalServiceSession", ""), "terminalServiceSession"));
  }

  /** Returns the number of the last call's error; 0 if it succeeded. */
  public long getLastError() {
    return lastError;
  }

  /** Describes an error, also by its signed number. Keeps the last error. */
  public String getErrorDescription(long code) throws TicketException {
    return member(ask("getErrorDescription", "\"code\":" + code), "description");
  }

  private String named() {
    return "\"application\":" + quote(application);
  }

  private String call(String method, String parameters) throws TicketException {
    try {
      String answer = ask(method, parameters);
      lastError = 0;
      return answer;
    } catch (TicketException failure) {
      lastError = failure.code();
      throw failure;
    }
  }

  /** Asks on a connection of its own, so that the agent may restart between two calls. Returns the line of the response. */
  private static String ask(String method, String parameters) throws TicketException {
    String request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":" + quote(method) + ",\"params\":{" + parameters + "}}\n";
    String answer;
    try (var agent = new Connection()) {
      agent.send(request);
      // Lines without an id are events.
      do answer = agent.readLine();
      while (!"1".equals(member(answer, "id")));
    } catch (IOException unreachable) {
      throw new TicketException(SERVER_COMM_FAILED, "The Identity Agent does not answer: " + unreachable.getMessage());
    }
    if (!answer.contains("\"error\":{")) return answer;
    long code = Long.parseLong(member(answer, "code"));
    // Errors of JSON-RPC itself are negative.
    if (code < 0) code = code == -32602 ? INVALID_PARAMETER : INTERNAL_ERROR;
    throw new TicketException(code, member(answer, "message"));
  }

  private static final class Connection implements Closeable {
    private final Closeable whole;
    private final InputStream in;
    private final OutputStream out;

    Connection() throws IOException {
      String path = System.getenv("ALONGSIDE_AGENT_SOCKET");
      if (System.getProperty("os.name").startsWith("Windows")) {
        var pipe = new RandomAccessFile(path != null ? path : "\\\\.\\pipe\\alongside-identity-agent-" + userOnWindows(), "rw");
        whole = pipe;
        in = new FileInputStream(pipe.getFD());
        out = new FileOutputStream(pipe.getFD());
      } else {
        var address = UnixDomainSocketAddress.of(path != null ? Path.of(path) : usualSocket());
        var socket = SocketChannel.open(address);
        whole = socket;
        in = Channels.newInputStream(socket);
        out = Channels.newOutputStream(socket);
      }
    }

    private static Path usualSocket() throws IOException {
      String folder = System.getenv("XDG_RUNTIME_DIR");
      return folder != null && !folder.isEmpty()
          ? Path.of(folder, "alongside", "identity-agent.sock")
          : Path.of(System.getProperty("java.io.tmpdir"), "alongside-" + outputOf("id", "-u").trim(), "identity-agent.sock");
    }

    private static String userOnWindows() throws IOException {
      Matcher user = Pattern.compile("S-1-[\\d-]+").matcher(outputOf("whoami", "/user", "/fo", "csv", "/nh"));
      if (!user.find()) throw new IOException("whoami shows no user");
      return user.group();
    }

    private static String outputOf(String... program) throws IOException {
      return new String(new ProcessBuilder(program).start().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    void send(String line) throws IOException {
      out.write(line.getBytes(StandardCharsets.UTF_8));
      out.flush();
    }

    String readLine() throws IOException {
      var line = new ByteArrayOutputStream();
      for (int next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0) throw new IOException("it closed the connection");
        if (line.size() == MAX_LINE) throw new IOException("its line has more than " + MAX_LINE + " bytes");
        line.write(next);
      }
      return line.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
      whole.close();
    }
  }

  /** Returns a member of a JSON line, at any depth; null without it. A quote within a text has a backslash, so no text looks like a name. */
  private static String member(String json, String name) {
    Matcher found = Pattern.compile("\"" + name + "\":(?:\"((?:[^\"\\\\]++|\\\\.)*+)\"|([^,}\\]]++))").matcher(json);
    if (!found.find()) return null;
    return found.group(2) != null ? found.group(2) : unescape(found.group(1));
  }

  private static String unescape(String text) {
    return Pattern.compile("\\\\(?:u([0-9a-fA-F]{4})|(.))").matcher(text).replaceAll(escape -> {
      String plain = escape.group(1) != null
          ? String.valueOf((char) Integer.parseInt(escape.group(1), 16))
          : switch (escape.group(2)) {
            case "n" -> "\n";
            case "r" -> "\r";
            case "t" -> "\t";
            case "b" -> "\b";
            case "f" -> "\f";
            default -> escape.group(2);
          };
      return Matcher.quoteReplacement(plain);
    });
  }

  private static String quote(String text) {
    var quoted = new StringBuilder("\"");
    for (char one : text.toCharArray()) {
      if (one == '"' || one == '\\') quoted.append('\\').append(one);
      else if (one < ' ') quoted.append(String.format("\\u%04x", (int) one));
      else quoted.append(one);
    }
    return quoted.append('"').toString();
  }

  /** Prints the result of each call that is named, such as {@code java TicketApi.java getTicket getGAVersion}. */
  public static void main(String[] calls) throws TicketException {
    var api = new TicketApi("My \"clinic\"");
    for (String call : calls) {
      try {
        System.out.println(switch (call) {
          case "getTicket" -> api.getTicket(60);
          case "getTicketNoAuth" -> api.getTicketNoAuth();
          case "getNewTicket" -> api.getNewTicket(60);
          case "destroyTicket" -> {
            api.destroyTicket();
            yield "signed out";
          }
          case "getGAVersion" -> api.getGAVersion(VERSION_OF_API) + " " + api.getGAVersion(VERSION_OF_AGENT);
          case "isTerminalServiceSession" -> api.isTerminalServiceSession();
          default -> throw new IllegalArgumentException(call);
        });
      } catch (TicketException failure) {
        System.out.println(failure.getMessage());
        System.out.println(api.getErrorDescription(api.getLastError()));
      }
    }
  }
}
