using Handoff.Tracing.Findings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>Failures in a pool of which few slots are free: what a failing list holds itself, and what was released since, explains them.</summary>
public sealed class CrowdedPoolTests
{
    private const string Device = "0000:03:00.0", Other = "0000:04:00.0";
    private const ulong Pool = 0x7c00_0000, Above = 0x1_4000_0000;
    private const int Slots = 512, Pairs = Slots / 2;

    [Theory]
    [InlineData(3, 20, 4, "pool-fragmented")] // three entries took the pairs, the fourth finds single slots only
    [InlineData(3, 0, 4, "pool-full")]
    [InlineData(40, 20, 4, "map-failed")] // there was room for all
    [InlineData(40, 20, 41, "pool-fragmented")]
    public void What_a_list_holds_that_fails_is_not_free(int freePairs, int freeSingles, int entries, string expected)
    {
        TraceText text = Fill(freePairs, freeSingles);
        for (int i = 0; i < entries; i++)
            text.Bounce(Device, Above + ((ulong)i << 16), 4096);
        Assert.Equal([expected], Failures(text.Line(Done)));
    }

    [Theory]
    [InlineData(20, "pool-fragmented")]
    [InlineData(200, "map-failed")] // too many were free
    public void What_was_released_since_was_not_free(int freeSingles, string expected)
    {
        TraceText text = Fill(0, freeSingles);
        text.Bounce(Device, Above, 4096); // a list of one; that it failed shows when its task goes on
        text.Pid++;
        for (int pair = Pairs - 20; pair < Pairs; pair++)
            text.Unmap(Other, Pool + ((ulong)pair << 12), 4096);
        text.Pid--;
        Assert.Equal([expected], Failures(text.Line(Done)));
    }

    private static string Done => $"dma_map_page: {Other} dir=TO_DEVICE dma_addr=20000000 size=64 phys_addr=20000000 attrs=";

    /// <summary>All pairs of slots are held but some; of some the first slot is.</summary>
    private static TraceText Fill(int freePairs, int freeSingles)
    {
        var text = new TraceText();
        for (int pair = freePairs; pair < Pairs; pair++)
            text.Bounced(Other, Pool + ((ulong)pair << 12), 0x2_0000_0000 + ((ulong)pair << 16), pair < freePairs + freeSingles ? 2048U : 4096);
        return text;
    }

    private static string[] Failures(TraceText text)
    {
        using var machine = new SyntheticMachine($"swiotlb={Slots}", Pool, Slots);
        return [.. TraceFindings.Find(Analyses.OfText(text.ToString(), machine.Facts)).Select(static f => f.Id).Where(static id => id.StartsWith("pool-", StringComparison.Ordinal) || id == "map-failed")];
    }
}
