using System;
using System.ComponentModel;
using System.Diagnostics;
using System.Net.Http;

// Signs a user in with the helper and calls an API. .NET 8, .NET Framework 4.7.2 or Mono 6, or newer:
//   mcs -r:System.Net.Http SignIn.cs && mono SignIn.exe
static class SignIn
{
    static Process Start(string program, string words)
    {
        return Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = true, UseShellExecute = false });
    }

    // Starts the helper: the program in ALONGSIDE_CLIENT, else alongside.exe on Windows, else npx.
    static Process Helper(string words)
    {
        var client = Environment.GetEnvironmentVariable("ALONGSIDE_CLIENT");
        if (client != null) return Start(client, words);
        var isWindows = Environment.OSVersion.Platform == PlatformID.Win32NT;
        try
        {
            if (isWindows) return Start("alongside.exe", words);
        }
        catch (Win32Exception)
        {
            // It is not installed. npx is a batch file there, which starts by its full name only.
        }
        return Start(isWindows ? "npx.cmd" : "npx", "--yes @alongside/client " + words);
    }

    static void Main()
    {
        var api = Environment.GetEnvironmentVariable("API_URL") ?? "http://localhost:8401";
        using (var helper = Helper($"token --issuer {api}/oauth2.1 --client demo-native"))
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
