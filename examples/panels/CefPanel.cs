using CefSharp;
using CefSharp.Handler;
using CefSharp.Wpf;

/// The control of WebView2Panel.cs with CefSharp: everything else is the same.
static class CefPanel
{
    public static ChromiumWebBrowser Open(string url)
    {
        // An empty path keeps the profile in memory.
        var context = new RequestContext(new RequestContextSettings { CachePath = "" });
        return new ChromiumWebBrowser { RequestContext = context, LifeSpanHandler = new NoPopups(), Address = url };
    }

    sealed class NoPopups : LifeSpanHandler
    {
        protected override bool OnBeforePopup(
            IWebBrowser browserControl, IBrowser browser, IFrame frame, string targetUrl, string targetFrameName,
            WindowOpenDisposition disposition, bool userGesture, IPopupFeatures features, IWindowInfo windowInfo,
            IBrowserSettings settings, ref bool noJavascriptAccess, out IWebBrowser? newBrowser)
        {
            newBrowser = null;
            return true;
        }
    }
}
