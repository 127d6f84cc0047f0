using System.Text.Json;
using Handoff.Reports.Replay;
using Handoff.Reports.Text;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Sizing;

namespace Handoff.Reports.Html;

/// <summary>Replays and sizes as one page: the figures, the curve of failures over pool size with its knee, every outcome.</summary>
public static class ReplayHtmlWriter
{
    /// <summary>Writes the page of a replay.</summary>
    public static void Write(ReplayReport report, Stream output)
    {
        using var json = new MemoryStream();
        ReplayJsonWriter.Write(report, json);
        Write("handoff replay", report.Load, "handoff replay", json, output);
    }

    /// <summary>Writes the page of a search for the right size.</summary>
    public static void Write(SizeResult result, TimeSpan elapsed, Stream output)
    {
        using var json = new MemoryStream();
        SizeJsonWriter.Write(result, elapsed, json);
        Write("handoff size", result.Load, "handoff size", json, output);
    }

    private static void Write(string title, RecordedLoad load, string command, MemoryStream json, Stream output) => HtmlPage.Write(
        output, "replay", $"{title} · {load.Name}",
        $"linux {load.Machine.KernelRelease} · {Quantity.Of(load.Counts.Events, "event")} · {Quantity.Of(load.Devices.Count, "device")}",
        command, ("report", json.ToArray()), ("words", Words()));

    private static byte[] Words()
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            foreach (FailureCause cause in Enum.GetValues<FailureCause>())
            {
                json.WriteStartObject(cause.Name());
                json.WriteString("why", cause.Describe());
                json.WriteString("cure", ReplayText.Cure(cause));
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return bytes.ToArray();
    }
}
