using Handoff.Litmus.Language;

namespace Handoff.Litmus.Tests.Language;

public sealed class ParserTests
{
    private static LitmusTest Good(string text)
    {
        ParseResult result = LitmusParser.Parse(text, "t.litmus");
        Assert.True(result.Success, DiagnosticWriter.Format(result));
        return result.Test!;
    }

    private static LitmusTest Body(string body) => Good($"litmus \"t\"\ndevice dev;\nbuffer b = page(4K);\n{body}\n");

    [Fact]
    public void TheSampleOfTheHandbookIsRead()
    {
        LitmusTest test = Good(Samples.Heap);
        Assert.Equal("uncached heap block, importer cannot reach it", test.Title.Value);
        Assert.Equal("32768", test.Machine!.Swiotlb!.Value);
        Assert.False(test.Machine.ForcesBounce);
        DeviceDeclaration camera = Assert.Single(test.Devices);
        Assert.Equal(0xffff_fffful, camera.DmaMask!.Value);
        Assert.False(camera.Coherent!.Value);
        BufferDeclaration frame = Assert.Single(test.Buffers);
        Assert.Equal(CpuView.WriteCombine, frame.DefaultView);
        Assert.Equal(PlacementKind.Above, frame.Placement!.Kind);
        Assert.Equal(4UL << 30, frame.Placement.Address!.Value);
        Assert.Equal(4, test.Prologue.Length);
        var map = Assert.IsType<CallStatement>(test.Prologue[2]);
        Assert.Equal(ApiFunction.DmaBufMapAttachment, map.Function);
        Assert.Equal(DmaDirection.Bidirectional, map.Direction);
        Assert.Equal("att", map.Attachment!.Name.Text);
        Assert.Equal("sgt", map.ResultName);
        Assert.Equal(Verdict.Leak, test.Expectations[0].Verdicts[0].Verdict);
        Assert.Equal(Errno.IO, test.Expectations[1].Verdicts[0].Error!.Value);
        Assert.Equal("no-bounce", test.Expectations[1].Kernels[0].AddOns[0].Text);
    }

    [Fact]
    public void EveryConstructIsRead()
    {
        LitmusTest test = Good(Samples.Everything);
        Assert.Equal("arm64-nc-6g", test.Machine!.On!.Text);
        Assert.Equal(2, test.Devices[0].Ranges.Length);
        Assert.False(test.Devices[0].ForceBounce!.Value);
        Assert.True(test.Devices[1].ForceBounce!.Value);
        Assert.Null(test.Devices[2].Coherent);
        Assert.Equal(2, test.Buffer("p")!.Neighbours.Length);
        Assert.True(test.Buffer("p")!.Neighbours[0].Before);
        Assert.Equal(4ul, test.Buffer("k")!.Field("data")!.Start);
        Assert.Equal("k", test.Buffer("k2")!.Placement!.Other!.Text);
        Assert.Equal(65536ul, test.Buffer("h")!.EntrySize!.Value);
        Assert.Equal(4, test.List("l")!.Entries.Length);
        Assert.Equal(["cpu", "dev"], test.Threads.Select(t => t.Name.Text));
        Assert.Equal(3, test.Epilogue.Length);
        Expectation first = test.Expectations[0];
        Assert.Equal([Verdict.Stale, Verdict.Lost], first.Verdicts.Select(v => v.Verdict));
        Assert.Equal(["linux-6.5", "linux-6.18", null], first.Kernels.Select(k => k.From?.Text));
        Assert.Equal("linux-6.12", first.Kernels[0].To!.Text);
        Assert.Equal([MachineCondition.NonCoherent, MachineCondition.Bounced], first.Conditions.Select(c => c.Value));
    }

    [Fact]
    public void OptionalArgumentsFindTheirPlaces()
    {
        var page = (CallStatement)Body("d = dma_map_page(dev, b, 64, 128, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC | DMA_ATTR_NO_WARN);").Prologue[0];
        Assert.Equal(64ul, page.Offset);
        Assert.Equal(128ul, page.Size);
        Assert.Equal(DmaDirection.ToDevice, page.Direction);
        Assert.Equal(DmaAttributes.SkipCpuSync | DmaAttributes.NoWarn, page.Attributes);
        var single = (CallStatement)Body("d = dma_map_single(dev, b, DMA_FROM_DEVICE);").Prologue[0];
        Assert.Null(single.Size);
        Assert.Equal("dev", single.DeviceName);
        Assert.Equal(DmaAttributes.None, single.Attributes);
    }

    [Fact]
    public void AListMapWithoutTargetMakesTheListTheMapping()
    {
        LitmusTest test = Body("dma_map_sg(dev, b, DMA_TO_DEVICE);\ndev.read(b);\ndma_unmap_sg(dev, b, DMA_TO_DEVICE);");
        Assert.Equal("b", ((CallStatement)test.Prologue[0]).ResultName);
        Assert.IsType<DeviceAccessStatement>(test.Prologue[1]);
    }

    [Fact]
    public void SyncIoctlFlagsAreJoined()
    {
        LitmusTest test = Good("litmus \"t\"\nbuffer h = heap(system, 4K);\nioctl(h, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);");
        Assert.Equal(DmaBufSyncFlags.End | DmaBufSyncFlags.Read | DmaBufSyncFlags.Write, ((CallStatement)test.Prologue[0]).SyncFlags);
    }

    [Theory]
    [InlineData("0x1000", 4096ul)]
    [InlineData("4K", 4096ul)]
    [InlineData("4_096", 4096ul)]
    [InlineData("2m", 2097152ul)]
    public void SizesAreNumbersWithSuffixes(string size, ulong bytes) =>
        Assert.Equal(bytes, Good($"litmus \"t\"\nbuffer b = pages({size});").Buffers[0].Size.Value);

    [Fact]
    public void SpansPointAtTheText()
    {
        var source = new SourceText(Samples.Everything);
        LitmusTest test = Good(Samples.Everything);
        foreach (Statement statement in test.AllStatements)
            Assert.EndsWith(statement is CheckStatement && source[statement.Span][^1] == '}' ? "}" : ";", source[statement.Span], StringComparison.Ordinal);
        Assert.Equal("device c;", source[test.Devices[2].Span]);
    }

    [Fact]
    public void EverySignatureHasItsOwnNumberAndName()
    {
        foreach (ApiFunction function in Enum.GetValues<ApiFunction>())
        {
            Assert.Equal(function, ApiSignature.Of(function).Function);
            Assert.Same(ApiSignature.Of(function), ApiSignature.ByName(ApiSignature.Of(function).Name));
        }
    }
}
