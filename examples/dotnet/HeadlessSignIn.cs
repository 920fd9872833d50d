using System;
using Alongside.Testing;

// A test without a test runner: signs the GP in at the workstation, then at the sample application in a browser without a window.
//   mcs -r:System.Net.Http -r:System.Runtime.Serialization -r:System.Xml -r:System.Xml.Linq HeadlessSignIn.cs AlongsideInstance.cs
//   alongside exec -- mono HeadlessSignIn.exe
static class HeadlessSignIn
{
    static void Main()
    {
        using (var alongside = new AlongsideInstance())
        using (var browser = alongside.Browser())
        {
            alongside.Tidy();
            alongside.Desk("gp");
            var response = browser.GetAsync(alongside.Url("sample") + "/sign-in/combined").Result;
            if (!response.Content.ReadAsStringAsync().Result.Contains("656005750108")) throw new Exception(response.ToString());
            Console.WriteLine("signed in at " + response.RequestMessage.RequestUri);

            alongside.Advance(TimeSpan.FromMinutes(1));
            if (Math.Abs((alongside.Now() - DateTimeOffset.UtcNow).TotalSeconds - 60) > 30) throw new Exception("not the time of the instance");
            browser.GetAsync(alongside.Url("api") + "/nothing").Wait();
            if (!alongside.Report().Contains("GET /nothing")) throw new Exception(alongside.Report());
            if (alongside.AccessToken("gp", "demo-combined").Length < 20) throw new Exception("no token");
            try
            {
                alongside.Desk("nobody");
            }
            catch (InvalidOperationException refusal)
            {
                Console.WriteLine(refusal.Message);
            }
        }
    }
}
