using System;
using System.Diagnostics;
using System.IO;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.Serialization.Json;
using System.Security.Principal;
using System.Text;
using System.Xml;
using System.Xml.Linq;

/// <summary>
/// The calls of the Ticket API, answered by the Identity Agent of this workstation. Copy this file into an application that used the
/// library of the former Identity Agent. .NET 8 or Mono 6, or newer.
/// </summary>
public sealed class TicketApi
{
    /// <summary>What GetGAVersion takes: the interface, or the agent.</summary>
    public const int VersionOfApi = 1, VersionOfAgent = 2;

    const uint InvalidParameter = 0x80100003, ServerCommFailed = 0x80100007, InternalError = 0x8010000a;
    const int MaxLine = 65536;

    readonly string application;

    /// <summary>Takes the name of your application, for the user and the log of the agent.</summary>
    public TicketApi(string application)
    {
        this.application = application;
    }

    /// <summary>The number of the last call's error; 0 if it succeeded.</summary>
    public uint LastError { get; private set; }

    /// <summary>Returns the ticket of the session. Without a session, waits for the user to sign in, 300 seconds at most.</summary>
    public string GetTicket(int seconds)
    {
        return (string)Call("getTicket", Named() + ",\"timeout\":" + seconds).Element("ticket");
    }

    /// <summary>Returns the ticket of the session; never asks the user.</summary>
    public string GetTicketNoAuth()
    {
        return (string)Call("getTicketNoAuth", Named()).Element("ticket");
    }

    /// <summary>Asks for the PIN again, and returns a new ticket. The earlier ones end.</summary>
    public string GetNewTicket(int seconds)
    {
        return (string)Call("getNewTicket", Named() + ",\"timeout\":" + seconds).Element("ticket");
    }

    /// <summary>Signs the user out, as if the card were removed.</summary>
    public void DestroyTicket()
    {
        Call("destroyTicket", "");
    }

    /// <summary>Returns a version: VersionOfApi or VersionOfAgent.</summary>
    public string GetGAVersion(int which)
    {
        return (string)Call("getGAVersion", "\"which\":" + which).Element("version");
    }

    /// <summary>Returns whether the user sits at another machine: Remote Desktop, ICA or SSH.</summary>
    public bool IsTerminalServiceSession()
    {
        return (bool)Call("isTerminalServiceSession", "").Element("terminalServiceSession");
    }

    /// <summary>Describes an error, also by its signed number. Keeps the last error.</summary>
    public string GetErrorDescription(long code)
    {
        return (string)Ask("getErrorDescription", "\"code\":" + code).Element("description");
    }

    string Named()
    {
        return "\"application\":" + Quote(application);
    }

    XElement Call(string method, string parameters)
    {
        try
        {
            var result = Ask(method, parameters);
            LastError = 0;
            return result;
        }
        catch (TicketException failure)
        {
            LastError = failure.Code;
            throw;
        }
    }

    // Asks on a connection of its own, so that the agent may restart between two calls.
    static XElement Ask(string method, string parameters)
    {
        var request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":{" + parameters + "}}\n";
        XElement answer;
        try
        {
            using (var agent = Connect())
            {
                var bytes = Encoding.UTF8.GetBytes(request);
                agent.Write(bytes, 0, bytes.Length);
                do answer = Parse(ReadLine(agent));
                while ((string)answer.Element("id") != "1"); // an event
            }
        }
        catch (Exception unreachable) when (unreachable is IOException || unreachable is SocketException
            || unreachable is TimeoutException || unreachable is UnauthorizedAccessException)
        {
            throw new TicketException(ServerCommFailed, "The Identity Agent does not answer: " + unreachable.Message);
        }
        var error = answer.Element("error");
        if (error == null) return answer.Element("result");
        var code = (long)error.Element("code");
        // Errors of JSON-RPC itself are negative.
        if (code < 0) code = code == -32602 ? InvalidParameter : InternalError;
        throw new TicketException((uint)code, (string)error.Element("message"));
    }

    static Stream Connect()
    {
        var path = Environment.GetEnvironmentVariable("ALONGSIDE_AGENT_SOCKET");
        if (Environment.OSVersion.Platform == PlatformID.Win32NT)
        {
            var user = WindowsIdentity.GetCurrent().User.Value;
            var name = path == null ? "alongside-identity-agent-" + user : path.Replace(@"\\.\pipe\", "");
            // Throws if the pipe is another user's.
            var pipe = new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.CurrentUserOnly);
            pipe.Connect(2000);
            return pipe;
        }
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path ?? UsualSocket()));
        return new NetworkStream(socket, true);
    }

    static string UsualSocket()
    {
        var folder = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        if (!string.IsNullOrEmpty(folder)) return Path.Combine(folder, "alongside", "identity-agent.sock");
        using (var id = Process.Start(new ProcessStartInfo("id", "-u") { RedirectStandardOutput = true, UseShellExecute = false }))
            return Path.Combine(Path.GetTempPath(), "alongside-" + id.StandardOutput.ReadToEnd().Trim(), "identity-agent.sock");
    }

    static string ReadLine(Stream agent)
    {
        using (var line = new MemoryStream())
        {
            for (var next = agent.ReadByte(); next != '\n'; next = agent.ReadByte())
            {
                if (next < 0) throw new IOException("it closed the connection");
                if (line.Length == MaxLine) throw new IOException("its line has more than " + MaxLine + " bytes");
                line.WriteByte((byte)next);
            }
            return Encoding.UTF8.GetString(line.ToArray());
        }
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

/// <summary>A call that failed.</summary>
public sealed class TicketException : Exception
{
    internal TicketException(uint code, string message) : base($"0x{code:x8} {message}")
    {
        Code = code;
    }

    /// <summary>The published number, group plus number: 0x80100009 if no user is signed in.</summary>
    public uint Code { get; }
}
