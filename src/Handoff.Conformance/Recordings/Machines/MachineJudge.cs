using Handoff.Conformance.Recordings.Verdicts;
using Handoff.Swiotlb;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Machines;

/// <summary>Judges what the kernel said about its bounce pool at boot: whether there is one, how large, in how many areas.</summary>
internal static class MachineJudge
{
    private const string Part = "machine";

    public static void Judge(RecordedMachine recorded, RecordingVerdict verdict)
    {
        MachineFacts facts = recorded.Facts;
        if (!facts.Files.Any(static f => f.StartsWith("dmesg.txt", StringComparison.Ordinal)))
            return;
        // Other architectures make their pools by rules of their own, which the engine does not have.
        if (facts.MachineName is not ("x86_64" or "aarch64" or "riscv64"))
        {
            verdict.Kind(Part, "pool").NotCovered++;
            return;
        }

        SwiotlbPool? pool = new DmaLayer<CountingMemory>(recorded.Machine, recorded.Kernel, default).Swiotlb?.DefaultPool;
        Compare("pool", pool is null ? "no pool" : $"{pool.Size >> 10} KiB", facts.Swiotlb is { } mapped ? $"{mapped.Size >> 10} KiB" : "no pool");
        if (facts.Swiotlb is not null && facts.SwiotlbAreas != 0)
            Compare("areas", $"{pool?.Areas ?? 0}", $"{facts.SwiotlbAreas}");

        void Compare(string what, string expected, string got)
        {
            KindTally kind = verdict.Kind(Part, what);
            if (expected == got)
                kind.Identical++;
            else
                verdict.AddWrong(kind, "dmesg.txt", expected, got);
        }
    }
}
