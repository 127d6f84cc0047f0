using System.IO.Compression;
using System.Text.Json;
using Handoff.Reports.Text;
using Handoff.Reports.Trace;
using Handoff.Tracing.Mappings;

namespace Handoff.Reports.Html;

/// <summary>A report about a recording as one page: what is wrong first, pools over time, every mapping on a timeline to zoom into.</summary>
public static class TraceHtmlWriter
{
    /// <summary>Writes the page. The timeline has the mappings that were kept (<see cref="Tracing.Findings.TraceAnalysis.Log"/>).</summary>
    /// <param name="report">The report.</param>
    /// <param name="output">Where to, as UTF-8.</param>
    public static void Write(TraceReport report, Stream output)
    {
        using var json = new MemoryStream();
        TraceJsonWriter.Write(report, json);
        var tasks = new List<string>();
        List<MappingLife> lives = [.. Shown(report)];
        byte[] packed = Pack(report, lives, tasks);
        string summary = string.Join(" · ", ((string[])
        [
            report.KernelRelease.Length > 0 ? $"linux {report.KernelRelease}" : "", report.Architecture, report.Format,
            Quantity.Of(report.Analysis.Events, "event"), Quantity.Of(report.Devices.Count, "device"),
        ]).Where(static part => part.Length > 0));
        HtmlPage.Write(
            output, "trace", $"handoff report · {report.Name}", summary, "handoff report",
            ("report", json.ToArray()), ("lives", Lives(report, lives.Count, tasks)), ("mappings", packed));
    }

    private static IEnumerable<MappingLife> Shown(TraceReport report)
    {
        if (report.Analysis.Log is not { } log)
            return [];
        return report.Selected.Count == 0 ? log.Mappings : log.Mappings.Where(life => report.Selected.Contains(log.Devices[life.Device]));
    }

    private static byte[] Lives(TraceReport report, int count, List<string> tasks)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("count", count);
            json.WriteNumber("leftOut", report.Analysis.Log?.LeftOut ?? 0);
            json.WriteStartArray("devices");
            for (int i = 0; i < (report.Analysis.Log?.Devices.Count ?? 0); i++)
                json.WriteStringValue(report.Analysis.Log!.Devices[i]);
            json.WriteEndArray();
            json.WriteStartArray("tasks");
            foreach (string task in tasks)
                json.WriteStringValue(task);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    /// <summary>
    /// A mapping is a row of numbers, 7 bits a byte, lowest first: time since the last row's, life + 1 (0: live at the end), size, device,
    /// flags, address, memory (high and low half each), task, syncs; a sync is time since the last, kind, offset, size. Deflated, base64.
    /// </summary>
    private static byte[] Pack(TraceReport report, List<MappingLife> lives, List<string> tasks)
    {
        var numbers = new Dictionary<string, ulong>();
        ulong last = report.Analysis.Start;
        using var packed = new MemoryStream();
        using (var deflate = new BufferedStream(new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true), 1 << 16))
        {
            foreach (MappingLife life in lives)
            {
                ulong start = Math.Max(life.Start, last);
                ulong memory = life.Original.IsValid ? life.Original.Value : 0;
                Write(deflate, start - last);
                Write(deflate, life.End is { } end ? Math.Max(end, start) - start + 1 : 0);
                Write(deflate, life.Size);
                Write(deflate, (ulong)life.Device);
                Write(deflate, (ulong)life.Direction | (life.Bounced ? 8UL : 0) | ((ulong)life.Kind << 4));
                foreach (ulong half in (ReadOnlySpan<ulong>)[life.Address.Value >> 32, life.Address.Value & uint.MaxValue, memory >> 32, memory & uint.MaxValue])
                    Write(deflate, half);
                if (!numbers.TryGetValue(life.Task, out ulong task))
                {
                    numbers[life.Task] = task = (ulong)tasks.Count;
                    tasks.Add(life.Task);
                }

                Write(deflate, task);
                WriteSyncs(deflate, life.Syncs, start);
                last = start;
            }
        }

        return System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(packed.GetBuffer(), 0, (int)packed.Length));
    }

    private static void WriteSyncs(Stream output, IReadOnlyList<MappingSync> syncs, ulong last)
    {
        Write(output, (ulong)syncs.Count);
        foreach (MappingSync sync in syncs)
        {
            ulong time = Math.Max(sync.Time, last);
            Write(output, time - last);
            Write(output, sync.ForCpu ? 1UL : 0);
            Write(output, sync.Offset);
            Write(output, sync.Size);
            last = time;
        }
    }

    private static void Write(Stream output, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            output.WriteByte((byte)(value | 0x80));
        output.WriteByte((byte)value);
    }
}
