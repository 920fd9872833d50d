using System.Diagnostics;
using System.Text.Json;

// Signs a user in with the helper and calls an API. .NET 8 or newer; on Windows npx is npx.cmd. Not compiled by the tests.
var api = Environment.GetEnvironmentVariable("API_URL") ?? "http://localhost:8401";
var npx = OperatingSystem.IsWindows() ? "npx.cmd" : "npx";
var start = new ProcessStartInfo(npx) { RedirectStandardInput = true, RedirectStandardOutput = true };
foreach (var argument in new[] {
    "--yes", "@alongside/client", "token", "--issuer", $"{api}/oauth2.1", "--client", "demo-native",
    "--watch", "--end-with-input", "--revoke" })
    start.ArgumentList.Add(argument);
using var helper = Process.Start(start)!;
var line = await helper.StandardOutput.ReadLineAsync() ?? throw new Exception("Nobody signed in.");
var token = JsonDocument.Parse(line).RootElement.GetProperty("access_token").GetString();
using var http = new HttpClient();
http.DefaultRequestHeaders.Authorization = new("Bearer", token);
Console.WriteLine(await http.GetStringAsync($"{api}/hello-world/hello/user"));
helper.StandardInput.Close(); // revokes the tokens
await helper.WaitForExitAsync();
