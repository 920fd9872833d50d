using System;

// Prints the result of each call that is named:
//   mcs -r:System.Runtime.Serialization -r:System.Xml -r:System.Xml.Linq Calls.cs TicketApi.cs && mono Calls.exe getTicket
static class Calls
{
    static void Main(string[] calls)
    {
        var api = new TicketApi("My \"clinic\"");
        foreach (var call in calls)
        {
            try
            {
                Console.WriteLine(Result(api, call));
            }
            catch (TicketException failure)
            {
                Console.WriteLine(failure.Message);
                Console.WriteLine(api.GetErrorDescription(api.LastError));
            }
        }
    }

    static string Result(TicketApi api, string call)
    {
        switch (call)
        {
            case "getTicket": return api.GetTicket(60);
            case "getTicketNoAuth": return api.GetTicketNoAuth();
            case "getNewTicket": return api.GetNewTicket(60);
            case "getGAVersion": return api.GetGAVersion(TicketApi.VersionOfApi) + " " + api.GetGAVersion(TicketApi.VersionOfAgent);
            case "isTerminalServiceSession": return api.IsTerminalServiceSession() ? "true" : "false";
            case "destroyTicket":
                api.DestroyTicket();
                return "signed out";
            default: throw new ArgumentException(call);
        }
    }
}
