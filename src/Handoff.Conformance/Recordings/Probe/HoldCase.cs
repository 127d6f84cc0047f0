using Handoff.Conformance.Recordings.Replay;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Probe;

/// <summary>Mappings kept until the pool is full.</summary>
internal static class HoldCase
{
    private const int FailuresToStop = 20;

    public static void Judge(ProbeLog log, ProbeBench bench, ProbeState state, List<ProbeLine> lines)
    {
        ProbeLine last = lines[^1];
        if (last.Number("size") is not (> 0 and <= 1 << 20 and { } size) || last.Number("wanted") is not (<= 100_000 and { } wanted))
        {
            log.Explain(lines, "the log begins or ends in the middle of this case");
            return;
        }

        Device device = bench.Device(last.Text("dev"));
        state.NeedMask(device, 32);
        var held = new List<DmaAddress>();
        int failed = 0, firstFailure = -1;
        for (ulong i = 0; i < wanted; i++)
        {
            if (bench.Invent(high: true, size) is not { } buffer)
                break;
            DmaAddress dma = bench.Layer.MapPhys(device, buffer, size, DmaDirection.ToDevice);
            if (dma.IsMapped)
            {
                held.Add(dma);
            }
            else
            {
                if (++failed == 1)
                    firstFailure = held.Count;
                if (failed > FailuresToStop)
                    break;
            }

            bench.Layer.RunDeferredWork();
        }

        foreach (DmaAddress dma in held)
            bench.Layer.UnmapPhys(device, dma, size, DmaDirection.ToDevice);
        HeldMappings? replayed = bench.Cases?.Held(last.Case);
        (int mapped, failed, firstFailure) = replayed is null ? (held.Count, failed, firstFailure) : (replayed.Mapped, replayed.Failed, replayed.FirstFailure);
        foreach (ProbeLine line in lines)
        {
            string expected = line.Has("first-failure")
                ? $"hold n={line.Case} first-failure after={firstFailure}"
                : $"hold n={line.Case} dev={device} size={size} wanted={wanted} mapped={mapped} failed={failed}";
            if (replayed is null && failed > 0 && line.Source.TrimEnd() != expected)
                log.Explain([line], "without a trace: how many mappings fit depends on where the searches of other devices left off");
            else
                log.Compare(line, expected);
        }
    }
}
