using System;
using System.IO;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.Serialization.Json;
using System.Security.Principal;
using System.Text;
using System.Xml;
using System.Xml.Linq;

// Gets a ticket from the Identity Agent of this workstation. .NET 8 or Mono 6, or newer:
//   mcs -r:System.Runtime.Serialization -r:System.Xml -r:System.Xml.Linq Ticket.cs && mono Ticket.exe
static class Ticket
{
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
        var folder = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path ?? folder + "/alongside/identity-agent.sock"));
        return new NetworkStream(socket, true);
    }

    static XElement Call(string method, string parameters)
    {
        using (var agent = Connect())
        using (var reader = new StreamReader(agent))
        {
            var request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":" + parameters + "}\n";
            agent.Write(Encoding.UTF8.GetBytes(request), 0, Encoding.UTF8.GetByteCount(request));
            for (var line = reader.ReadLine(); line != null; line = reader.ReadLine())
            {
                var json = Encoding.UTF8.GetBytes(line);
                var answer = XElement.Load(JsonReaderWriterFactory.CreateJsonReader(json, XmlDictionaryReaderQuotas.Max));
                if ((int?)answer.Element("id") != 1) continue; // an event
                var error = answer.Element("error");
                if (error == null) return answer.Element("result");
                throw new Exception($"0x{(long)error.Element("code"):x8} {(string)error.Element("message")}");
            }
            throw new IOException("The Identity Agent closed the connection.");
        }
    }

    static void Main()
    {
        var result = Call("getTicket", "{\"application\":\"My clinic\",\"timeout\":60}");
        Console.WriteLine((string)result.Element("ticket"));
    }
}
