using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Runtime.InteropServices;
using System.Runtime.Serialization.Json;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Alongside.Testing
{
    /// <summary>
    /// An instance of Alongside for tests in .NET: that of "alongside exec", else one of its own, which ends with this object or this
    /// process. Copy this file into your test project. As an IClassFixture of xUnit or a field of an NUnit fixture, it starts once for
    /// the tests of a class. .NET 8, .NET Framework 4.7.2 or Mono 6, or newer.
    /// </summary>
    public sealed class AlongsideInstance : IDisposable
    {
        const int LongestStop = 60000;

        readonly Process process;
        readonly HttpClient console = new HttpClient(new HttpClientHandler { UseProxy = false });
        readonly string consoleUrl;
        readonly XElement urls;
        string mark = "0-0";
        DateTime readAt;
        TimeSpan offset;
        DateTimeOffset? frozen;

        public AlongsideInstance()
        {
            consoleUrl = Environment.GetEnvironmentVariable("ALONGSIDE_CONSOLE_URL");
            if (consoleUrl == null)
            {
                process = StartProgram();
                var line = process.StandardOutput.ReadLine();
                var state = line == null ? null : Parse(line);
                if (state == null || state.Element("error") != null)
                    throw new InvalidOperationException("Alongside did not start: " + (line ?? "see its output."));
                consoleUrl = (string)state.Element("urls").Element("console");
            }
            urls = Call("GET", "/state").Element("urls");
        }

        /// <summary>Returns an address: console, api, cis2Issuer, identityAgent, cis or sample.</summary>
        public string Url(string name)
        {
            return (string)urls.Element(name);
        }

        /// <summary>Signs a person in at the workstation, by persona or user id. Null takes the card out.</summary>
        public void Desk(string person, string pin = null, string role = null)
        {
            var answers = (pin == null ? "" : ",\"pin\":" + Quote(pin)) + (role == null ? "" : ",\"role\":" + Quote(role));
            Call("PUT", "/desk", "{\"person\":" + (person == null ? "null" : Quote(person)) + answers + "}");
        }

        /// <summary>Empties the reader and ends faults and moved time: call it before each test.</summary>
        public void Tidy()
        {
            Call("POST", "/tidy");
            mark = (string)Call("GET", "/report").Element("mark");
            readAt = DateTime.MinValue;
        }

        /// <summary>Describes what has happened since Tidy, for the output of a failed test: refused requests with their fix, and the last journey.</summary>
        public string Report()
        {
            return (string)Call("GET", "/report?since=" + mark).Element("text");
        }

        /// <summary>Returns the time of the instance, for the application under test. It is read again after a tenth of a second.</summary>
        public DateTimeOffset Now()
        {
            var machine = DateTime.UtcNow;
            if ((machine - readAt).Duration() > TimeSpan.FromSeconds(0.1))
            {
                var clock = Call("GET", "/clock");
                offset = TimeSpan.FromSeconds((double)clock.Element("offsetSeconds"));
                frozen = (bool)clock.Element("frozen") ? (DateTimeOffset?)DateTimeOffset.Parse((string)clock.Element("now")) : null;
                readAt = machine;
            }
            return frozen ?? new DateTimeOffset(machine + offset);
        }

        /// <summary>Moves the clock of all services.</summary>
        public void Advance(TimeSpan time)
        {
            Call("PUT", "/clock", "{\"advance\":" + (int)time.TotalSeconds + "}");
            readAt = DateTime.MinValue;
        }

        /// <summary>Makes the next requests fail with a named fault.</summary>
        public void Fail(string fault, int next = 1)
        {
            Call("PUT", "/faults/" + Uri.EscapeDataString(fault), "{\"next\":" + next + "}");
        }

        /// <summary>Returns an access token as a sign-in would give it, to test an API alone.</summary>
        public string AccessToken(string person, string application)
        {
            var body = "{\"person\":" + Quote(person) + ",\"application\":" + Quote(application) + "}";
            return (string)Call("POST", "/tokens", body).Element("access_token");
        }

        /// <summary>Calls the console's API; null for a response without a body.</summary>
        /// <exception cref="InvalidOperationException">A refusal, with its status and body.</exception>
        public XElement Call(string method, string path, string json = null)
        {
            using (var request = new HttpRequestMessage(new HttpMethod(method), consoleUrl + "/api/v1" + path))
            {
                if (json != null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
                using (var response = console.SendAsync(request).GetAwaiter().GetResult())
                {
                    var body = response.Content.ReadAsStringAsync().GetAwaiter().GetResult();
                    if (!response.IsSuccessStatusCode)
                        throw new InvalidOperationException(method + " " + path + ": " + (int)response.StatusCode + " " + body);
                    return body == "" ? null : Parse(body);
                }
            }
        }

        /// <summary>Returns a browser without a window: it follows the redirects of a sign-in and keeps cookies.</summary>
        public HttpClient Browser()
        {
            var browser = new HttpClient(new HttpClientHandler
            {
                CookieContainer = new CookieContainer(),
                MaxAutomaticRedirections = 20,
                UseProxy = false,
            });
            browser.DefaultRequestHeaders.Add("Sec-Fetch-Dest", "document");
            browser.DefaultRequestHeaders.Add("Sec-Fetch-Mode", "navigate");
            browser.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");
            return browser;
        }

        /// <summary>Ends an own instance by closing its input, so that it removes its folder.</summary>
        public void Dispose()
        {
            console.Dispose();
            if (process == null) return;
            process.StandardInput.Close();
            if (!process.WaitForExit(LongestStop)) process.Kill();
            process.Dispose();
        }

        // Starts the program in ALONGSIDE_CLIENT, else alongside.exe on Windows, else that of the package by npx.
        static Process StartProgram()
        {
            var words = "up --ephemeral --port-base 0 --json --end-with-input --log-level error";
            // Elsewhere the agent does not see whose program waits for a code.
            if (!RuntimeInformation.IsOSPlatform(OSPlatform.Linux)) words += " --no-confirm-native";
            var client = Environment.GetEnvironmentVariable("ALONGSIDE_CLIENT");
            if (client != null) return StartProcess(client, words);
            var isWindows = RuntimeInformation.IsOSPlatform(OSPlatform.Windows);
            try
            {
                if (isWindows) return StartProcess("alongside.exe", words);
            }
            catch (Win32Exception)
            {
                // It is not installed. npx is a batch file there, which starts by its full name only.
            }
            return StartProcess(isWindows ? "npx.cmd" : "npx", "--no alongside " + words);
        }

        static Process StartProcess(string program, string words)
        {
            var start = new ProcessStartInfo(program, words)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            };
            start.EnvironmentVariables.Remove("ALONGSIDE_STATE");
            return Process.Start(start);
        }

        static XElement Parse(string json)
        {
            var bytes = Encoding.UTF8.GetBytes(json);
            return XElement.Load(JsonReaderWriterFactory.CreateJsonReader(bytes, XmlDictionaryReaderQuotas.Max));
        }

        static string Quote(string text)
        {
            using (var stream = new MemoryStream())
            {
                new DataContractJsonSerializer(typeof(string)).WriteObject(stream, text);
                return Encoding.UTF8.GetString(stream.ToArray());
            }
        }
    }
}
