package clinic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import alongside.testing.AlongsideInstance;
import alongside.testing.AlongsideInstance.AtDesk;
import alongside.testing.AlongsideInstance.Person;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every member of the kit. */
@ExtendWith(AlongsideInstance.Extension.class)
class MembersTest {
  private static AlongsideInstance first;

  @BeforeAll
  static void keep(AlongsideInstance alongside) {
    first = alongside;
    alongside.advance(Duration.ofDays(1));
    alongside.desk("gp");
    alongside.fail("platform-api-unavailable", 100);
  }

  private static int hello(AlongsideInstance alongside, String token) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(alongside.url("api") + "/hello-world/hello/user"))
        .header("Authorization", "Bearer " + token);
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString()).statusCode();
  }

  private static void assertClose(Instant expected, Instant time) {
    assertTrue(Duration.between(expected, time).abs().toSeconds() < 30, expected + " " + time);
  }

  @Test
  void eachTestBeginsWithAnEmptyReaderRealTimeAndNoFault(AlongsideInstance alongside) throws Exception {
    assertSame(first, alongside);
    assertEquals("noCard", alongside.call("GET", "/agent").get("state"));
    assertClose(Instant.now(), alongside.clock().instant());
    assertEquals(200, hello(alongside, alongside.accessToken("gp", "demo-combined")));
  }

  @Test
  void aPersonIsAtTheDesk(AlongsideInstance alongside, @AtDesk("gp") Person gp) {
    assertEquals("656005750108", gp.uid);
    assertTrue(gp.roleName.contains("Clinical"), gp.roleName);
    var page = alongside.browser().open(alongside.url("sample") + "/sign-in/separate");
    assertEquals(200, page.statusCode());
    assertTrue(page.body().contains(gp.uid));
    assertNull(alongside.desk(null));
  }

  @Test
  void aRoleIsChosen(AlongsideInstance alongside, @AtDesk(value = "locum", role = "555010642103") Person locum) {
    assertEquals("555010642103", locum.roleId);
    var refusal = assertThrows(IllegalStateException.class, () -> alongside.desk("locum", null, "1"));
    assertTrue(refusal.getMessage().startsWith("PUT /desk: 400 "), refusal.getMessage());
  }

  @Test
  void thePersonIsAskedStepByStep(AlongsideInstance alongside) {
    alongside.insertCard("locum");
    alongside.enterPin("123456");
    var agent = alongside.call("GET", "/agent");
    assertEquals("role", agent.get("question"));
    var role = (Map<?, ?>) ((List<?>) agent.get("roles")).get(1);
    alongside.chooseRole((String) role.get("roleId"));
    assertEquals("signedIn", alongside.call("GET", "/agent").get("state"));
    assertThrows(IllegalStateException.class, () -> alongside.desk("gp", "999999", null));
  }

  @Test
  void theClockFollowsTheInstance(AlongsideInstance alongside) throws Exception {
    var other = AlongsideInstance.followClock(alongside.url("console"));
    assertClose(Instant.now(), other.instant());
    var token = alongside.accessToken("gp", "demo-combined");
    assertEquals(200, hello(alongside, token));
    alongside.advance(Duration.ofSeconds(601));
    assertClose(Instant.now().plusSeconds(601), alongside.clock().instant());
    assertEquals(401, hello(alongside, token));
    Thread.sleep(150);
    assertClose(Instant.now().plusSeconds(601), other.instant());
    var noon = Instant.parse("2030-06-01T12:00:00Z");
    alongside.setTime(noon);
    assertClose(noon, alongside.clock().instant());
    assertEquals("13:00", alongside.clock().withZone(ZoneId.of("Europe/London")).instant()
        .atZone(ZoneId.of("Europe/London")).toLocalTime().toString().substring(0, 5));
    alongside.call("PUT", "/clock", Map.of("freeze", true));
    Thread.sleep(150);
    var frozen = alongside.clock().instant();
    Thread.sleep(150);
    assertEquals(frozen, alongside.clock().instant());
  }

  @Test
  void theNextRequestFails(AlongsideInstance alongside) throws Exception {
    var token = alongside.accessToken("gp", "demo-combined");
    alongside.fail("platform-api-unavailable", 1);
    assertEquals(503, hello(alongside, token));
    assertEquals(200, hello(alongside, token));
  }

  @Test
  void textsAreSentAndReadAsTheyAre(AlongsideInstance alongside) {
    var name = "Zoë \"\\ \u2603 O'Neill";
    var added = alongside.call("POST", "/people", Map.of("givenName", name, "familyName", "Tester", "roles", List.of()));
    var person = alongside.call("GET", "/people/" + added.get("uid"));
    assertTrue(person.get("displayName").toString().contains("Zoë \"\\"), String.valueOf(person));
    assertEquals(Map.of(), alongside.call("DELETE", "/people/" + added.get("uid")));
  }
}
