// A web application in the separate pattern: signs users in at CIS2 with a signed assertion, and exchanges the ID token for an access
// token of the API platform. Not run by the tests of Alongside, which have no .NET: written against the documentation of ASP.NET Core 8.
//   dotnet run --urls http://localhost:5000
// Settings: CIS2_CLIENT_ID, API_KEY, PRIVATE_KEY (a PEM file) and KEY_ID; API_URL and CIS2_ISSUER by default those of "alongside up".
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

const string assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration;
var api = settings["API_URL"] ?? "http://localhost:8401";
var issuer = settings["CIS2_ISSUER"]
    ?? "http://localhost:8402/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare";
var apiKey = Needed("API_KEY");
using var rsa = RSA.Create();
rsa.ImportFromPem(File.ReadAllText(Needed("PRIVATE_KEY")));
var key = new RsaSecurityKey(rsa) { KeyId = Needed("KEY_ID") };

builder.Services.AddHttpClient();
builder.Services.AddAuthorization();
builder.Services
    .AddAuthentication(options =>
    {
        options.DefaultScheme = CookieAuthenticationDefaults.AuthenticationScheme;
        options.DefaultChallengeScheme = "cis2";
    })
    .AddCookie()
    .AddOpenIdConnect("cis2", options =>
    {
        options.Authority = issuer;
        options.ClientId = Needed("CIS2_CLIENT_ID");
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.Scope.Add("nationalrbacaccess");
        options.MapInboundClaims = false;
        options.GetClaimsFromUserInfoEndpoint = true;
        options.ClaimActions.MapUniqueJsonKey("nhsid_useruid", "nhsid_useruid");
        options.SaveTokens = true; // the exchange needs the ID token
        options.Events.OnAuthorizationCodeReceived = context =>
        {
            var request = context.TokenEndpointRequest!;
            request.ClientAssertionType = assertionType;
            request.ClientAssertion = Assertion(request.ClientId, $"{issuer}/access_token", SecurityAlgorithms.RsaSha256);
            return Task.CompletedTask;
        };
        if (!issuer.StartsWith("http://localhost:")) return;
        // Cookies without Secure, for plain HTTP on this machine.
        options.RequireHttpsMetadata = false;
        options.NonceCookie.SameSite = SameSiteMode.Lax;
        options.CorrelationCookie.SameSite = SameSiteMode.Lax;
    });

var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();

app.MapGet("/", async (HttpContext context, IHttpClientFactory clients) =>
{
    var http = clients.CreateClient();
    var response = await http.PostAsync($"{api}/oauth2/token", new FormUrlEncodedContent(new Dictionary<string, string>
    {
        ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange",
        ["subject_token_type"] = "urn:ietf:params:oauth:token-type:id_token",
        ["subject_token"] = await context.GetTokenAsync("id_token") ?? "",
        ["client_assertion_type"] = assertionType,
        ["client_assertion"] = Assertion(apiKey, $"{api}/oauth2/token", SecurityAlgorithms.RsaSha512),
    }));
    var tokens = await response.Content.ReadFromJsonAsync<JsonElement>();
    if (!response.IsSuccessStatusCode) return Results.Json(tokens, statusCode: 502);
    using var call = new HttpRequestMessage(HttpMethod.Get, $"{api}/hello-world/hello/user");
    call.Headers.Authorization = new("Bearer", tokens.GetProperty("access_token").GetString());
    var answer = await (await http.SendAsync(call)).Content.ReadAsStringAsync();
    return Results.Text($"{context.User.FindFirstValue("nhsid_useruid")}: {answer}");
}).RequireAuthorization();

app.MapPost("/sign-out", () => Results.SignOut(new AuthenticationProperties { RedirectUri = "/" },
    [CookieAuthenticationDefaults.AuthenticationScheme, "cis2"])).RequireAuthorization();

app.Run();

string Needed(string name) => settings[name] ?? throw new InvalidOperationException($"Set {name}.");

// Valid for four minutes; the services accept five at most.
string Assertion(string client, string audience, string algorithm) =>
    new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = client,
        Audience = audience,
        Claims = new Dictionary<string, object> { ["sub"] = client, ["jti"] = Guid.NewGuid().ToString() },
        Expires = DateTime.UtcNow.AddMinutes(4),
        SigningCredentials = new SigningCredentials(key, algorithm),
    });
