using System;
using System.Diagnostics;
using System.Net.Http;

// Signs a user in with the helper and calls an API. .NET 8, .NET Framework 4.7.2 or Mono 6, or newer:
//   mcs -r:System.Net.Http SignIn.cs && mono SignIn.exe
static class SignIn
{
    static void Main()
    {
        var api = Environment.GetEnvironmentVariable("API_URL") ?? "http://localhost:8401";
        // npx is a command file on Windows, which starts by its full name only.
        var npx = Environment.OSVersion.Platform == PlatformID.Win32NT ? "npx.cmd" : "npx";
        var command = $"--yes @alongside/client token --issuer {api}/oauth2.1 --client demo-native";
        var start = new ProcessStartInfo(npx, command) { RedirectStandardOutput = true, UseShellExecute = false };
        using (var helper = Process.Start(start))
        using (var http = new HttpClient())
        {
            var token = helper.StandardOutput.ReadToEnd().Trim();
            helper.WaitForExit();
            if (helper.ExitCode != 0) throw new Exception("Nobody signed in.");
            http.DefaultRequestHeaders.Add("Authorization", "Bearer " + token);
            Console.WriteLine(http.GetStringAsync(api + "/hello-world/hello/user").Result);
        }
    }
}
