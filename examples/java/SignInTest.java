package alongside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import alongside.testing.AlongsideInstance;
import alongside.testing.AlongsideInstance.AtDesk;
import alongside.testing.AlongsideInstance.Person;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.extension.ExtendWith;

// Runs in "alongside exec -- mvn test" only, which sets the variable: other runs of the tests need no Alongside. Without this line,
// the first test starts an instance.
@EnabledIfEnvironmentVariable(named = "ALONGSIDE_CONSOLE_URL", matches = ".+")
@ExtendWith(AlongsideInstance.Extension.class)
class SignInTest {
  // AtDesk puts the GP's virtual smartcard into the reader and enters its PIN.
  @Test
  void signsTheGpInWithoutAPrompt(AlongsideInstance alongside, @AtDesk("gp") Person gp) {
    // The sample application signs the GP in. Open your own application here: url(name) has the addresses that it needs, and
    // call("POST", "/applications", …) registers it and returns its credentials.
    var page = alongside.browser().open(alongside.url("sample") + "/sign-in/combined");
    assertEquals(200, page.statusCode());
    assertTrue(page.body().contains(gp.uid));
  }
}
