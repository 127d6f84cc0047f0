using Handoff.Kernels;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Tests.Checking;

/// <summary>A large buffer costs what a small one costs: counted work, not time.</summary>
public sealed class BufferSizeTests
{
    [Theory]
    [InlineData("pages(64K)", "pages(64M)")]
    [InlineData("heap(cma, 64K)", "heap(cma, 64M)")]
    [InlineData("heap(system, 64K)", "heap(system, 64M)")]
    [InlineData("heap(system_uncached, 64K)", "heap(system_uncached, 64M)")]
    [InlineData("heap(system, 64K) entries 4K", "heap(system, 64M) entries 64K")]
    [InlineData("udmabuf(64K)", "udmabuf(64M)")]
    public void ALargeBufferIsAsMuchWorkAsASmallOne(string small, string large)
    {
        LitmusTest few = Parse(small), many = Parse(large);
        CheckResult one = LitmusChecker.Check(few, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken);
        CheckResult two = LitmusChecker.Check(many, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken);
        Assert.True(one.Conclusive && two.Conclusive);
        Assert.True(one.States > 0);
        Assert.Equal((one.States, one.Transitions), (two.States, two.Transitions));
        Assert.Equal(one.Verdicts.Select(v => (v.Verdict, v.Frequency)), two.Verdicts.Select(v => (v.Verdict, v.Frequency)));
        Assert.Equal(Sizes(few), Sizes(many));
    }

    [Theory]
    [InlineData("pages(64K)", "pages(64M)", 0)]
    [InlineData("heap(cma, 64K)", "heap(cma, 64M)", 0)]
    [InlineData("heap(system, 64K)", "heap(system, 64M)", 64)]
    [InlineData("udmabuf(64K)", "udmabuf(64M)", 16384)] // every page is an entry that is really mapped
    public void ALargeBufferTakesAsMuchMemoryAsASmallOne(string small, string large, int entries)
    {
        long few = Allocated(Parse(small)), many = Allocated(Parse(large));
        Assert.InRange(many, 1, (few * 5 / 4) + (entries * 600L));
    }

    [Fact]
    public void PiecesThatLieApartStayApart()
    {
        // The second half of the list is no neighbour of the first: a device that reads only one must not seem to read both.
        LitmusTest test = ParseText(
            """
            litmus "two pages of one list"
            machine { arch arm64; ram 8G; line 64; swiotlb 64M }
            device camera { dma_mask 64; noncoherent }
            buffer one = page(4K) below 4G;
            buffer two = page(4K) below 4G;
            sglist list = { one, two };
            one.write(1);
            two.write(2);
            sg = dma_map_sg(camera, list, DMA_TO_DEVICE);
            camera.read(sg[0..4096]);
            dma_unmap_sg(camera, sg, DMA_TO_DEVICE);
            expect ok;
            """);
        AtomicProgram program = Lowerer.Orders(test, KernelProfiles.Default, Variants.Of(test).First()).First().Program;
        int[] read = [.. program.Agents.SelectMany(a => a.Steps).SelectMany(s => s.Operations).Where(o => o.Kind == OperationKind.Read).Select(o => o.Target)];
        int[] written = [.. program.Agents.SelectMany(a => a.Steps).SelectMany(s => s.Operations).Where(o => o.Kind == OperationKind.Write).Select(o => o.Target)];
        Assert.NotEmpty(read);
        Assert.All(read, cell => Assert.StartsWith("one", program.Cells[cell].Name, StringComparison.Ordinal));
        Assert.Contains(written, cell => program.Cells[cell].Name.StartsWith("two", StringComparison.Ordinal));
    }

    private static List<(int Cells, int Lines, int Versions, int Operations)> Sizes(LitmusTest test)
    {
        var sizes = new List<(int, int, int, int)>();
        foreach (MachineVariant machine in Variants.Of(test))
        {
            foreach (LoweredTest lowered in Lowerer.Orders(test, KernelProfiles.Default, machine))
            {
                AtomicProgram program = lowered.Program;
                sizes.Add((program.Cells.Length, program.LineCount, program.Versions.Length, program.Agents.Sum(a => a.Steps.Sum(s => s.Operations.Length))));
            }
        }

        return sizes;
    }

    private static long Allocated(LitmusTest test)
    {
        LitmusChecker.Check(test, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken);
        long before = GC.GetAllocatedBytesForCurrentThread();
        LitmusChecker.Check(test, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static LitmusTest Parse(string buffer)
    {
        bool shared = !buffer.StartsWith("pages", StringComparison.Ordinal);
        string map = shared
            ? "att = dma_buf_attach(frame, camera);\nsgt = dma_buf_map_attachment(att, DMA_BIDIRECTIONAL);"
            : "sgt = dma_map_single(camera, frame, DMA_BIDIRECTIONAL);";
        string unmap = shared ? "dma_buf_unmap_attachment(att, sgt, DMA_BIDIRECTIONAL);" : "dma_unmap_single(camera, sgt, DMA_BIDIRECTIONAL);";
        return ParseText(
            $$"""
            litmus "{{buffer}}"
            machine { arch arm64; ram 8G; line 64; swiotlb 64M }
            device camera { dma_mask 64; noncoherent }
            buffer frame = {{buffer}} below 4G;
            frame.write(1);
            {{map}}
            camera.read(sgt);
            camera.write(sgt, 2);
            {{unmap}}
            frame.read();
            expect ok;
            """);
    }

    private static LitmusTest ParseText(string text)
    {
        ParseResult parsed = LitmusParser.Parse(text);
        Assert.True(parsed.Success, DiagnosticWriter.Format(parsed));
        return parsed.Test!;
    }
}
