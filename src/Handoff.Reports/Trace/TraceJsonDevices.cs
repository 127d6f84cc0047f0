using System.Text.Json;
using Handoff.Tracing.Mappings;

namespace Handoff.Reports.Trace;

/// <summary>Devices of a report as JSON.</summary>
internal static class TraceJsonDevices
{
    public static void Write(Utf8JsonWriter json, TraceReport report, DeviceStatistics device)
    {
        json.WriteStartObject();
        json.WriteString("name", device.Name);
        string label = report.Label(device.Name);
        if (label.Length > device.Name.Length)
            json.WriteString("driver", label[..(label.Length - device.Name.Length - 1)]);
        json.WriteBoolean("translated", device.IsTranslated);
        if (device.Mask != 0)
            json.WriteString("mask", $"0x{device.Mask:x}");
        json.WriteNumber("singleMaps", device.SingleMaps);
        json.WriteNumber("listMaps", device.ListMaps);
        json.WriteNumber("listSegments", device.ListSegments);
        json.WriteNumber("resourceMaps", device.ResourceMaps);
        json.WriteNumber("bytes", device.Bytes);
        json.WriteNumber("failedMaps", device.FailedMaps);
        json.WriteNumber("failedLists", device.FailedLists);
        json.WriteNumber("failedAllocations", device.FailedAllocations);
        json.WriteNumber("releasesOfUnknown", device.UnknownReleases);
        json.WriteNumber("syncsForCpu", device.SyncsForCpu);
        json.WriteNumber("syncsForDevice", device.SyncsForDevice);
        json.WriteStartObject("live");
        TraceJsonWriter.AtEnd(json, "atEnd", report, device.Live.Current);
        json.WriteNumber("most", device.Live.Peak);
        json.WriteNumber("mostBytes", device.LiveBytesPeak);
        TraceJsonWriter.LevelsOf(json, "mostOverTime", report, device.Live.HighestIn);
        json.WriteEndObject();
        json.WriteStartObject("memory");
        json.WriteNumber("allocations", device.Allocations);
        TraceJsonWriter.AtEnd(json, "bytesAtEnd", report, (long)device.AllocatedBytes);
        json.WriteNumber("mostBytes", device.AllocatedBytesPeak);
        json.WriteEndObject();
        Directions(json, device);
        Histogram(json, "sizes", device.Sizes);
        Histogram(json, "lifetimes", device.Lifetimes);
        Bounces(json, report, device);
        json.WriteEndObject();
    }

    private static void Directions(Utf8JsonWriter json, DeviceStatistics device)
    {
        json.WriteStartObject("directions");
        foreach ((DmaDirection direction, string name) in (ReadOnlySpan<(DmaDirection, string)>)[(DmaDirection.ToDevice, "toDevice"), (DmaDirection.FromDevice, "fromDevice"), (DmaDirection.Bidirectional, "bidirectional")])
        {
            json.WriteStartObject(name);
            json.WriteNumber("count", device.Directions[(int)direction]);
            json.WriteNumber("bytes", device.DirectionBytes[(int)direction]);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Counts by powers of two: what is above half of each bound and up to it.</summary>
    private static void Histogram(Utf8JsonWriter json, string name, LogHistogram histogram)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", histogram.Count);
        json.WriteNumber("largest", histogram.Maximum);
        json.WriteStartArray("buckets");
        for (int bucket = 0; bucket < histogram.Buckets.Length; bucket++)
        {
            if (histogram.Buckets[bucket] == 0)
                continue;
            json.WriteStartObject();
            json.WriteNumber("upTo", LogHistogram.EndOf(bucket));
            json.WriteNumber("count", histogram.Buckets[bucket]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Bounces(Utf8JsonWriter json, TraceReport report, DeviceStatistics device)
    {
        json.WriteStartObject("bounces");
        json.WriteNumber("count", device.Bounced);
        json.WriteNumber("bytes", device.BouncedBytes);
        json.WriteNumber("copiedIn", device.CopiedIn);
        json.WriteNumber("copiedOut", device.CopiedOut);
        json.WriteNumber("mostSlots", device.Slots.Peak);
        TraceJsonWriter.AtEnd(json, "slotsAtEnd", report, device.Slots.Current);
        json.WriteStartArray("reasons");
        foreach (BouncePredicate predicate in Enum.GetValues<BouncePredicate>())
        {
            if (device.Bounces(predicate) == 0)
                continue;
            json.WriteStartObject();
            json.WriteString("why", predicate.Word());
            json.WriteNumber("count", device.Bounces(predicate));
            json.WriteNumber("bytes", device.BounceBytes(predicate));
            json.WriteStartObject("counts");
            for (int sizes = 0; sizes < SizeClass.Count; sizes++)
                json.WriteNumber(SizeClass.Word(sizes), device.Bounces(predicate, sizes));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        TraceJsonWriter.LevelsOf(json, "mostSlotsOverTime", report, device.Slots.HighestIn);
        json.WriteEndObject();
    }
}
