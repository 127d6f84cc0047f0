using Handoff.Kernels;
using Handoff.Litmus.Cures;
using Handoff.Litmus.Language;
using Handoff.Litmus.Tests.Corpus;

namespace Handoff.Litmus.Tests.Checking;

/// <summary>Cures are what they say: one change of the text after which nothing goes wrong.</summary>
[Collection(CorpusRuns.Name)]
public sealed class CureTests
{
    /// <summary>Tests of the corpus, and what must be among their cures under the default kernel.</summary>
    public static TheoryData<string, string> Known => new()
    {
        { "thread/skip-on-first-map-bounced", "without SKIP_CPU_SYNC on line 11" },
        { "thread/skip-on-first-map-bounced", "with dma_sync_single_for_device before line 13" },
        { "thread/uncached-above-mask", "with frame from the heap system_uncached_dma32: memory that a 32-bit device reaches" },
        { "thread/uncached-above-mask", "with frame from the heap system: cached, mapped without SKIP_CPU_SYNC" },
        { "thread/uncached-above-mask", "with camera 64-bit (dma_mask 64)" },
        { "thread/uncached-forced-bounce", "with camera not forced to bounce" },
        { "thread/uncached-short-entry", "with camera coherent" },
        { "thread/uncached-one-mebibyte-entry", "with camera 64-bit (dma_mask 64)" },
        { "thread/cached-heap-without-sync", "with DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE before line 14 and DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE after line 14" },
        { "thread/cached-two-attachments", "with camera and display 64-bit (dma_mask 64)" },
        { "api/wrong-skip-at-unmap", "without SKIP_CPU_SYNC on line 13" },
        { "api/wrong-unmap-size", "without the size on line 13" },
        { "api/wrong-sg-unmap-count", "without the number of entries on line 14" },
        { "api/wrong-double-unmap", "without dma_unmap_single on line 11" },
        { "api/wrong-unchecked-map", "with dma_mapping_error() asked after line 9" },
        { "api/wrong-read-before-unmap", "with dma_unmap_single of line 14 before line 13" },
        { "api/wrong-read-before-unmap", "with dma_sync_single_for_cpu before line 13" },
        { "api/wrong-unmap-direction", "with dma_unmap_single(dev, dma, DMA_FROM_DEVICE) on line 13" },
        { "api/wrong-unmap-function", "with dma_unmap_single(dev, dma, DMA_TO_DEVICE) on line 11" },
        { "api/wrong-device-past-end", "with dev kept to what dma maps on line 10" },
        { "api/wrong-device-after-unmap", "with dma_unmap_single of line 10 after line 11" },
        { "api/wrong-unmap-before-done", "with dev.wait() before line 11" },
        { "api/wrong-map-stack", "with b from kmalloc instead of the stack" },
        { "api/wrong-mask-too-small", "with DMA_BIT_MASK(64) on line 8" },
        { "api/wrong-no-sync-for-device", "with dma_sync_single_for_device after line 14" },
        { "api/wrong-no-pool", "with a bounce pool on line 5" },
        { "api/wrong-write-after-map", "with dma_sync_single_for_cpu before line 11 and dma_sync_single_for_device after line 11" },
        { "api/wrong-device-reads-from-device", "with DMA_BIDIRECTIONAL on lines 9 and 12" },
        { "api/wrong-free-mapped", "with free of line 10 after line 12" },
        { "cache/neighbour-written", "with packet padded to whole cache lines (384 bytes)" },
        { "cache/write-combine-then-cached-read", "through the usual view of" },
        { "sharing/begin-missing", "with DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ before line 15" },
        { "sharing/detach-while-mapped", "with dma_buf_unmap_attachment before line 12" },
        { "field/raspberrypi-3093", "with usb without bus_limit" },
        { "field/openbmc-201", "without the size on line 13" },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void TheChangeThatMakesTheDifferenceIsNamed(string test, string cure)
    {
        CureReport report = Find(test);
        Assert.Contains(report.Cures, c => c.Text == cure || (cure.EndsWith(" of", StringComparison.Ordinal) && c.Text.StartsWith(cure, StringComparison.Ordinal)));
        Assert.True(report.Complete);
        Assert.False(report.Pairs);
    }

    /// <summary>A vacuous cure would take out what goes wrong instead of making it right.</summary>
    [Fact]
    public void EveryCureOfTheCorpusIsOkAndKeepsEveryAccess()
    {
        int cured = 0;
        var wrong = new List<string>();
        Parallel.ForEach(CorpusTest.All.Where(t => !t.IsGenerated), new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken }, test =>
        {
            var source = new SourceText(test.Text, test.Name);
            foreach (Cure cure in CureFinder.Find(source, test.Test, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken).Cures)
            {
                string changed = TextEdit.Apply(test.Text, cure.Edits);
                ParseResult parsed = LitmusParser.Parse(changed, test.Name);
                bool ok = parsed.Success && LitmusChecker.Check(parsed.Test!, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken) is { Ok: true, Variants.Count: > 0 };
                bool kept = parsed.Success && Accesses(parsed.Test!).SequenceEqual(Accesses(test.Test));
                lock (wrong)
                {
                    cured++;
                    if (!ok || !kept)
                        wrong.Add($"{test}: {cure.Text}: {(ok ? "an access is gone" : "not ok")}");
                }
            }
        });
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Order(StringComparer.Ordinal)));
        Assert.True(cured > 250, $"{cured} cures");
    }

    [Fact]
    public void ATestThatIsOkHasNoCures()
    {
        CureReport report = Find("api/map-single-from");
        Assert.Empty(report.Cures);
        Assert.Equal(0, report.Tried);
    }

    [Fact]
    public void NothingSimpleHelpsIsSaidOnlyWhenMuchWasTried()
    {
        CureReport report = Find("swiotlb/two-mappings-last-copy-wins");
        Assert.Empty(report.Cures);
        Assert.True(report.Complete);
        Assert.True(report.Pairs);
        Assert.True(report.Tried > 20, $"{report.Tried} tried");
    }

    [Fact]
    public void SearchIsBounded()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        CorpusTest test = CorpusTest.All.First(t => t.ToString() == "thread/uncached-above-mask");
        CureReport report = CureFinder.Find(new SourceText(test.Text), test.Test, KernelProfiles.Default, cancellation: cancelled.Token);
        Assert.Empty(report.Cures);
        Assert.False(report.Complete);
    }

    [Fact]
    public void EditsApplyTogetherAndMayNotOverlap()
    {
        Assert.Equal("aXYcd!", TextEdit.Apply("abcd", [new TextEdit(new SourceSpan(4, 0), "!"), new TextEdit(new SourceSpan(1, 1), "XY")]));
        Assert.Equal("12a", TextEdit.Apply("a", [new TextEdit(new SourceSpan(0, 0), "1"), new TextEdit(new SourceSpan(0, 0), "2")]));
        Assert.Throws<ArgumentException>(() => TextEdit.Apply("abcd", [new TextEdit(new SourceSpan(0, 3), ""), new TextEdit(new SourceSpan(2, 1), "")]));
        Assert.Throws<ArgumentException>(() => TextEdit.Apply("abcd", [new TextEdit(new SourceSpan(3, 2), "")]));
    }

    private static CureReport Find(string name)
    {
        CorpusTest test = CorpusTest.All.First(t => t.ToString() == name);
        return CureFinder.Find(new SourceText(test.Text, name), test.Test, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken);
    }

    private static IEnumerable<string> Accesses(LitmusTest test) => test.AllStatements.Select(s => s switch
    {
        CpuAccessStatement access => $"cpu {access.Kind} {access.Place.Name}",
        DeviceAccessStatement access => $"{access.Device} {access.Kind} {access.Handle.Name}",
        _ => "",
    }).Where(s => s.Length > 0);
}
