using System.Text.Json;
using Handoff.Tracing.Replay;

namespace Handoff.Reports.Replay;

/// <summary>The JSON members that reports about replays share.</summary>
internal static class ReplayJson
{
    public static void WriteLoad(Utf8JsonWriter json, RecordedLoad load)
    {
        LoadCounts counts = load.Counts;
        json.WriteStartObject("load");
        json.WriteString("name", load.Name);
        json.WriteString("kernelRelease", load.Machine.KernelRelease);
        json.WriteNumber("seconds", (counts.End - counts.Begin) / 1e9);
        json.WriteNumber("events", counts.Events);
        json.WriteNumber("operations", counts.Operations);
        json.WriteNumber("mappings", counts.Mappings);
        json.WriteNumber("bounced", counts.Bounced);
        json.WriteNumber("failedAttempts", counts.FailedAttempts);
        json.WriteNumber("failedRequests", counts.FailedRequests);
        json.WriteNumber("unservedRequests", counts.UnservedRequests);
        json.WriteNumber("withoutMap", counts.WithoutMap);
        json.WriteNumber("translated", counts.Translated);
        json.WriteNumber("truncatedLists", counts.TruncatedLists);
        json.WriteNumber("missingEntries", counts.MissingEntries);
        json.WriteNumber("lostEvents", counts.LostEvents);
        json.WriteBoolean("cut", counts.IsCut);
        json.WriteStartArray("devices");
        foreach (LoadDevice device in load.Devices)
            json.WriteStringValue(device.Name);
        json.WriteEndArray();
        json.WriteStartArray("assumptions");
        foreach (string assumption in load.Machine.Assumptions)
            json.WriteStringValue(assumption);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, ReplayOutcome outcome)
    {
        json.WriteStartObject();
        json.WriteString("kernel", outcome.Kernel.Name);
        json.WriteString("swiotlb", outcome.Parameter);
        json.WriteStartObject("pool");
        json.WriteNumber("slots", outcome.PoolSlots);
        json.WriteNumber("bytes", (ulong)outcome.PoolSlots << Swiotlb.SwiotlbConstants.SlotShift);
        json.WriteNumber("areas", outcome.Areas);
        if (outcome.Pool is { } pool)
            json.WriteString("start", $"0x{pool.Start.Value:x}");
        json.WriteBoolean("forced", outcome.Forced);
        json.WriteEndObject();
        if (!outcome.Configuration.Masks.IsEmpty)
        {
            json.WriteStartObject("masks");
            foreach ((string device, ulong mask) in outcome.Configuration.Masks)
                json.WriteString(device, $"0x{mask:x}");
            json.WriteEndObject();
        }

        json.WriteNumber("maps", outcome.Maps);
        json.WriteNumber("bounced", outcome.Bounced);
        json.WriteNumber("failures", outcome.Failures);
        json.WriteNumber("retries", outcome.Retries);
        json.WriteNumber("recovered", outcome.Recovered);
        if (outcome.FirstFailure is { } first)
            json.WriteNumber("firstFailure", first / 1e9);
        WriteFailures(json, "failuresByCause", outcome.FailuresByCause);
        json.WriteNumber("highWaterSlots", outcome.HighWaterSlots);
        json.WriteNumber("highWaterBytes", outcome.HighWaterBytes);
        if (!outcome.RestrictedHighWater.IsEmpty)
        {
            json.WriteStartObject("regionHighWaterSlots");
            foreach ((string name, long slots) in outcome.RestrictedHighWater)
                json.WriteNumber(name, slots);
            json.WriteEndObject();
        }

        json.WriteNumber("copiedBytes", outcome.CopiedBytes);
        json.WriteNumber("copies", outcome.Copies);
        json.WriteNumber("maintainedBytes", outcome.MaintainedBytes);
        json.WriteStartArray("searchesByArea");
        foreach (long searches in outcome.SearchesByArea)
            json.WriteNumberValue(searches);
        json.WriteEndArray();
        json.WriteNumber("searchSteps", outcome.SearchSteps);
        json.WriteNumber("mostSteps", outcome.MostSteps);
        json.WriteNumber("spilled", outcome.Spilled);
        json.WriteNumber("poolsMade", outcome.PoolsMade);
        json.WriteStartObject("compared");
        json.WriteNumber("outcomes", outcome.Compared);
        json.WriteNumber("sameOutcome", outcome.SameOutcome);
        json.WriteNumber("addresses", outcome.ComparedAddresses);
        json.WriteNumber("sameAddress", outcome.SameAddress);
        if (outcome.FirstDifference is { } difference)
            json.WriteNumber("firstDifference", difference / 1e9);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static void WriteFailures(Utf8JsonWriter json, string name, IEnumerable<ReplayFailure> failures)
    {
        json.WriteStartArray(name);
        foreach (ReplayFailure failure in failures)
        {
            json.WriteStartObject();
            json.WriteString("device", failure.Device);
            json.WriteString("cause", failure.Cause.Name());
            json.WriteNumber("requests", failure.Count);
            json.WriteNumber("first", failure.First / 1e9);
            json.WriteNumber("largestBytes", failure.Largest);
            if (failure.Region is { } region)
                json.WriteString("region", region);
            json.WriteBoolean("dependsOnPoolSize", failure.DependsOnPoolSize);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
