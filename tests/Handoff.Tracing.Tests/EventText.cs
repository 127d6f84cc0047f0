using System.Globalization;
using System.Text;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Tests;

/// <summary>Everything an event says, as one line, so that two readers can be compared.</summary>
internal static class EventText
{
    internal static string Of(RecordingReader reader, in DmaEvent e, bool microseconds)
    {
        var text = new StringBuilder();
        // The kernel rounds to microseconds when it prints.
        var time = microseconds ? (e.Time + 500) / 1000 : e.Time;
        text.Append(CultureInfo.InvariantCulture, $"{time} {e.Cpu} {e.Pid} {e.Context} {e.Kind} {reader.DeviceName(e)} {e.Size} {e.DmaAddress.Value:x} {e.PhysicalAddress.Value:x} {e.Attributes:x}");
        text.Append(CultureInfo.InvariantCulture, $" {(e.HasDirection ? e.Direction : (DmaDirection)(-1))} {e.FullNents}/{e.FullEnts} {e.IsTruncated} {e.IsForced} {e.DmaMask:x} {e.Error}");
        foreach (var p in e.PhysicalAddresses)
            text.Append(CultureInfo.InvariantCulture, $" p{p.Value:x}");
        foreach (var d in e.DmaAddresses)
            text.Append(CultureInfo.InvariantCulture, $" d{d.Value:x}");
        foreach (var l in e.Lengths)
            text.Append(CultureInfo.InvariantCulture, $" l{l:x}");
        if (e.Kind == DmaEventKind.Marker)
            text.Append(' ').Append(reader.EventName(e)).Append(": ").Append(RecordingReader.TextOf(e).TrimEnd(' '));
        if (e.Kind is DmaEventKind.Alloc or DmaEventKind.Free)
            text.Append(e.VirtualAddress.Value == 0 ? " null" : " ptr");
        return text.ToString();
    }

    internal static List<string> All(RecordingReader reader, bool microseconds)
    {
        var lines = new List<string>();
        DmaEvent e = default;
        while (reader.Read(ref e))
            lines.Add(Of(reader, e, microseconds));
        return lines;
    }
}
