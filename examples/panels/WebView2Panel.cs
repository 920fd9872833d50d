using System.Diagnostics;
using Microsoft.Web.WebView2.Core;
using Microsoft.Web.WebView2.Wpf;

/// Shows the sign-in of a helper that was started with --browser manual.
static class WebView2Panel
{
    const string Prompt = "Open this address in a browser: ";

    public static void Show(WebView2 view, Process helper, Action close)
    {
        // Nothing is stored, so the next user does not get this session.
        view.CreationProperties = new() { IsInPrivateModeEnabled = true };
        helper.ErrorDataReceived += (_, line) => view.Dispatcher.Invoke(async () =>
        {
            if (line.Data is null) close(); // the helper has ended, and the panel goes with it
            if (line.Data?.StartsWith(Prompt) != true) return;
            await view.EnsureCoreWebView2Async();
            view.CoreWebView2.Settings.AreDevToolsEnabled = false;
            view.CoreWebView2.NewWindowRequested += (_, asked) => asked.Handled = true;
            view.CoreWebView2.Navigate(line.Data[Prompt.Length..]);
        });
        helper.BeginErrorReadLine();
    }

    /// Call it when the user closes the panel: the helper exits, without tokens.
    public static void Closed(Process helper)
    {
        if (!helper.HasExited) helper.Kill();
    }
}
