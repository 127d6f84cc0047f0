using Handoff.Conformance.Recordings;
using Handoff.Conformance.Recordings.Verdicts;

namespace Handoff.Conformance.Tests;

/// <summary>
/// Pools that a kernel adds at run time are in no event. In this recording (the first 22 s of a boot of arm64 Linux 6.12.117 with <c>swiotlb=512,force</c>
/// and pools that grow, in QEMU) the first address of one is that of its second area, and another lies unused behind one that was added later.
/// </summary>
public sealed class GrownPoolTests
{
    [Fact]
    public void PoolsAreFoundWhereverTheirFirstAddressLiesAndTheyStand()
    {
        RecordingVerdict verdict = RecordingJudge.Judge(Path.Combine(AppContext.BaseDirectory, "recordings", "arm64-dyn-force"), 5);
        Assert.Empty(verdict.Problems);
        Assert.True(verdict.Wrong == 0, string.Join("\n", verdict.Differences));
        Assert.True(verdict.Identical > 23_000, string.Join("\n", verdict.Reasons));
    }
}
