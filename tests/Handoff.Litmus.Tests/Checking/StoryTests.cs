using Handoff.Kernels;
using Handoff.Litmus.Exploration.BruteForce;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;
using Handoff.Litmus.Model;
using Handoff.Litmus.Witnesses;

namespace Handoff.Litmus.Tests.Checking;

/// <summary>Stories are short, end in their verdict, and can be played again.</summary>
public sealed class StoryTests
{
    private const string Neighbour = "machine { arch arm64; ram 8G; line 64; swiotlb 64M }\ndevice dev { dma_mask 32; noncoherent }\nbuffer b = page(288) below 4G with neighbour n 8 bytes after; dma = dma_map_single(dev, b, DMA_FROM_DEVICE); if (dma_mapping_error(dev, dma)) return; n.write(7); dev.write(dma, 2); dma_unmap_single(dev, dma, DMA_FROM_DEVICE); b.read();";

    private static KernelProfile Kernel { get; } = new("linux-6.12", new KernelSwitches(), "defaults");

    [Fact]
    public void StoryOfALostWriteEndsWithTheCleanOfTheSharedLine()
    {
        LitmusTest test = CheckerTests.Parse("neighbour", Neighbour);
        CheckResult result = LitmusChecker.Check(test, Kernel, new CheckOptions { Witnesses = true }, TestContext.Current.CancellationToken);
        Story lost = result.Variants[0].Stories.Single(s => s.Verdict == Verdict.Lost);
        // Eviction would do it too, but the unmap's own clean of the partly covered line needs no further event.
        Assert.Equal("cpu", lost.Steps[^1].Actor);
        Assert.Contains("invalidates", lost.Steps[^1].Text, StringComparison.Ordinal);
        Assert.Contains(lost.Steps, s => s.Text.Contains("writes", StringComparison.Ordinal) && s.Text.Contains(" n", StringComparison.Ordinal));
    }

    [Fact]
    public void EveryStoryOfTheCheckedTestsReplays()
    {
        int replayed = 0;
        foreach (object?[] row in CheckerTests.Cases.Select(r => (object?[])[r.Data.Item1, r.Data.Item2]))
        {
            LitmusTest test = CheckerTests.Parse((string)row[0]!, (string)row[1]!);
            foreach (LoweredTest lowered in Lowerer.Orders(test, Kernel, Variants.Of(test).First()))
            {
                foreach (int[] cells in Projection.Groups(lowered.Program))
                {
                    AtomicProgram part = Projection.To(lowered.Program, cells);
                    foreach (Verdicts wanted in (Verdicts[])[Verdicts.Stale, Verdicts.Lost, Verdicts.Leak])
                    {
                        if (WitnessSearch.Find(part, wanted, TestContext.Current.CancellationToken) is not { } path)
                            continue;
                        var moves = new PlainMoves(part);
                        WholeState state = WholeState.Initial(part);
                        foreach (WitnessEvent what in path.Events)
                        {
                            Assert.Equal(Verdicts.None, state.Raised & wanted);
                            state = Assert.IsType<WholeState>(moves.Replay(state, what));
                        }

                        Assert.Equal(wanted, state.Raised & wanted);
                        replayed++;
                    }
                }
            }
        }

        Assert.True(replayed > 8, $"{replayed} stories");
    }
}
