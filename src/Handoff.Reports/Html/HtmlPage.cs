using System.Net;
using System.Text;

namespace Handoff.Reports.Html;

/// <summary>Builds a self-contained page out of the templates beside this file: no network, light and dark, printable.</summary>
internal static class HtmlPage
{
    private static readonly Encoding s_utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes a page.</summary>
    /// <param name="output">Where to, as UTF-8.</param>
    /// <param name="kind">Name of the page's own style sheet and script, such as <c>check</c>.</param>
    /// <param name="title">Title and heading.</param>
    /// <param name="summary">The line below it.</param>
    /// <param name="command">What prints the same content as text.</param>
    /// <param name="data">JSON documents by the id that the script finds them under.</param>
    public static void Write(Stream output, string kind, string title, string summary, string command, params (string Id, byte[] Json)[] data)
    {
        using var writer = new StreamWriter(output, s_utf8, leaveOpen: true) { NewLine = "\n" };
        string page = Asset("page.html");
        int at = 0;
        while (page.IndexOf("{{", at, StringComparison.Ordinal) is >= 0 and int open)
        {
            int close = page.IndexOf("}}", open, StringComparison.Ordinal);
            writer.Write(page.AsSpan(at, open - at));
            switch (page[(open + 2)..close])
            {
                case "title": writer.Write(WebUtility.HtmlEncode(title)); break;
                case "summary": writer.Write(WebUtility.HtmlEncode(summary)); break;
                case "command": writer.Write(WebUtility.HtmlEncode(command)); break;
                case "style": writer.Write(Asset("page.css") + Asset(kind + ".css")); break;
                case "script": writer.Write(Asset("page.js") + Asset(kind + ".js")); break;
                case "data":
                    foreach ((string id, byte[] json) in data)
                        WriteData(writer, id, json);
                    break;
            }

            at = close + 2;
        }

        writer.Write(page.AsSpan(at));
    }

    // Within <script> only "</script" and "<!--" mean something to a browser; as an escape the sign is the same JSON.
    private static void WriteData(StreamWriter writer, string id, byte[] json)
    {
        writer.Write($"<script type=\"application/json\" id=\"{id}\">");
        writer.Write(Encoding.UTF8.GetString(json).Replace("<", "\\u003c", StringComparison.Ordinal));
        writer.WriteLine("</script>");
    }

    private static string Asset(string name)
    {
        using Stream stream = typeof(HtmlPage).Assembly.GetManifestResourceStream("Handoff.Reports.Html." + name)
            ?? throw new InvalidOperationException($"The program lacks its own {name}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
