using Handoff.Conformance.Recordings;
using Handoff.Conformance.Recordings.Verdicts;

namespace Handoff.Conformance.Tests;

/// <summary>Nothing recorded may differ from what the engine says, and next to nothing may be left undetermined.</summary>
public sealed class RecordingTests
{
    public static TheoryData<string> Directories => RecordedDirectories.All();

    [Theory]
    [MemberData(nameof(Directories))]
    public void NothingIsWrong(string directory)
    {
        RecordingVerdict verdict = RecordingJudge.Judge(directory, 5);
        Assert.Empty(verdict.Problems);
        Assert.True(verdict.Identical + verdict.NotCovered > 0);
        Assert.True(verdict.Wrong == 0, string.Join("\n", verdict.Differences));
        Assert.True(verdict.Explained * 1000 < verdict.Cases, string.Join("\n", verdict.Reasons));
    }

    [Theory]
    [InlineData("arm64-misuse-nc", "pool areas dev cmd misuse dma_alloc dma_map_page dma_unmap_page dma_map_sg dma_unmap_sg swiotlb_bounced dma_sync_single_for_cpu dma_alloc_pages dma_alloc_sgt_err")]
    [InlineData("arm64-debug-nc", "pool areas dev cmd set_mask min_align single partial sg sgent alloc alloc_atomic alloc_pages alloc_nc resource edu ubuf-cached ubuf-uncached dmabuf misuse dma_alloc dma_free dma_map_page dma_map_sg dma_map_resource dma_alloc_sgt dma_sync_sg_for_device")]
    [InlineData("arm64-dyn-nc", "hold single dma_map_page dma_unmap_sg io_tlb_used_hiwater")]
    [InlineData("arm64-rdp", "single alloc dma_alloc dma_free dma_alloc_pages dma_free_pages dma_alloc_sgt dma_alloc_sgt_err dma_map_page")]
    [InlineData("arm64-nc-small", "pool areas dma_alloc dma_map_page dma_unmap_page dma_map_sg dma_unmap_sg swiotlb_bounced")]
    [InlineData("x86-force-512", "pool areas dma_alloc dma_map_page dma_unmap_page dma_map_sg dma_unmap_sg swiotlb_bounced")]
    public void EveryKindOfCaseIsThere(string name, string kinds)
    {
        RecordingVerdict verdict = RecordingJudge.Judge(Path.Combine(RecordedDirectories.Shipped, name), 5);
        foreach (string kind in kinds.Split(' '))
            Assert.True(verdict.Kinds.Any(k => k.Name == kind && k.Identical > 0), kind);
    }
}
