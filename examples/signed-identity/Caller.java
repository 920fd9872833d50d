import java.math.BigInteger;
import java.net.URI;
import java.net.http.*;
import java.security.*;
import java.security.spec.*;
import java.util.Base64;
import java.util.regex.*;

/** Verifies the header NHSD-Identity-JWT with the JDK alone. With a JOSE library, set the same issuer, audience, type and algorithm. */
class Caller {
  static final String platform = System.getenv().getOrDefault("PLATFORM", "http://localhost:8401");

  /** Returns the claims of the caller as JSON. Throws for every other JWT. */
  static String callerOf(String header, String api) throws Exception {
    String[] part = header.split("\\.");
    String head = text(part[0]), claims = text(part[1]), key = keyOf(member(head, "kid"));
    var curve = AlgorithmParameters.getInstance("EC");
    curve.init(new ECGenParameterSpec("secp256r1"));
    var point = new ECPoint(number(member(key, "x")), number(member(key, "y")));
    var spec = new ECPublicKeySpec(point, curve.getParameterSpec(ECParameterSpec.class));
    var signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initVerify(KeyFactory.getInstance("EC").generatePublic(spec));
    signature.update((part[0] + "." + part[1]).getBytes());
    boolean isValid = signature.verify(Base64.getUrlDecoder().decode(part[2]))
        && member(head, "alg").equals("ES256") && member(head, "typ").equals("nhsd-identity+jwt")
        && member(claims, "iss").equals(platform) && member(claims, "aud").equals(api)
        && Long.parseLong(member(claims, "exp")) > System.currentTimeMillis() / 1000;
    if (!isValid) throw new GeneralSecurityException("This is no valid NHSD-Identity-JWT.");
    return claims;
  }

  /** Returns the key from the key set. Keep the set, and read it again at most once a minute for an unknown kid. */
  static String keyOf(String kid) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(platform + "/oauth2.1/jwks")).build();
    var set = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    var keys = Pattern.compile("\\{[^{}]*\\}").matcher(set);
    while (keys.find()) if (member(keys.group(), "kid").equals(kid)) return keys.group();
    throw new GeneralSecurityException("The platform has no key " + kid);
  }

  /** Returns a member of the outer object, which the platform writes without blanks. */
  static String member(String json, String name) {
    var found = Pattern.compile("[{,]\"" + name + "\":\"?([^\",}]*)").matcher(json);
    return found.find() ? found.group(1) : "";
  }

  static String text(String part) { return new String(Base64.getUrlDecoder().decode(part)); }

  static BigInteger number(String part) { return new BigInteger(1, Base64.getUrlDecoder().decode(part)); }

  public static void main(String[] given) throws Exception { System.out.println(callerOf(given[0], given[1])); }
}
