package clinic;

import static org.junit.jupiter.api.Assertions.assertEquals;

import alongside.testing.AlongsideInstance;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two tests with a refusal each, of which the second fails, at an instance of the newer generation. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FailsTest {
  @RegisterExtension
  static final AlongsideInstance.Extension extension = new AlongsideInstance.Extension("--generation", "internet");

  @Test
  @Order(1)
  void passesWithARefusal(AlongsideInstance alongside) {
    assertEquals(404, alongside.browser().open(alongside.url("api") + "/the-earlier-test").statusCode());
  }

  @Test
  @Order(2)
  void failsWithARefusal(AlongsideInstance alongside) {
    assertEquals("internet", alongside.call("GET", "/agent").get("generation"));
    assertEquals(200, alongside.browser().open(alongside.url("api") + "/the-failed-test").statusCode());
  }
}
