using Handoff.Kernels;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Tests.Checking;

/// <summary>Sessions, previous owners and restricted pools: what only shows when several rules meet.</summary>
public sealed class HoleTests
{
    private const string Shared = """
        machine { arch arm64; ram 2G; line 64; swiotlb 64M }
        device cam { dma_mask 64; coherent }
        buffer f = heap(system, 64K) below 4G;
        att = dma_buf_attach(f, cam);
        if (IS_ERR(att)) return;
        sgt = dma_buf_map_attachment(att, DMA_BIDIRECTIONAL);
        if (IS_ERR(sgt)) return;

        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("READ", "cam.read(sgt);", false)]
    [InlineData("READ", "cam.write(sgt, 1);", true)]
    [InlineData("WRITE", "cam.read(sgt);", true)]
    [InlineData("WRITE", "cam.write(sgt, 1);", true)]
    [InlineData("RW", "cam.read(sgt);", true)]
    public void ADeviceActsInASessionOnlyIfBothRead(string session, string access, bool broken)
    {
        CheckResult during = Check($"{Shared}ioctl(f, DMA_BUF_SYNC_START | DMA_BUF_SYNC_{session}); {access} ioctl(f, DMA_BUF_SYNC_END | DMA_BUF_SYNC_{session});");
        Assert.Equal(broken ? Frequency.Always : Frequency.Never, during.Variants[0].FrequencyOf(Verdict.Contract));
        if (broken)
            Assert.Equal("DMA0035", during.Variants[0].Findings.Single(f => f.Verdict == Verdict.Contract).Rule!.Id);
        Assert.True(Check($"{Shared}ioctl(f, DMA_BUF_SYNC_START | DMA_BUF_SYNC_{session}); ioctl(f, DMA_BUF_SYNC_END | DMA_BUF_SYNC_{session}); {access}").Ok);
        Assert.True(Check($"{Shared}{access} ioctl(f, DMA_BUF_SYNC_START | DMA_BUF_SYNC_{session}); ioctl(f, DMA_BUF_SYNC_END | DMA_BUF_SYNC_{session});").Ok);
    }

    [Fact]
    public void ASessionOfAnotherBufferDoesNotMatter()
    {
        string other = Shared.Replace("att = dma_buf_attach", "buffer g = heap(system, 64K) below 4G;\natt = dma_buf_attach", StringComparison.Ordinal);
        Assert.True(Check($"{other}ioctl(g, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE); cam.write(sgt, 1); ioctl(g, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);").Ok);
    }

    /// <summary>A dirty line over what a previous owner left: dropping it loses what the CPU wrote, although nothing older of the buffer remains.</summary>
    [Fact]
    public void AWriteOverAPreviousOwnersBytesCanBeLost()
    {
        const string heap = "machine { arch arm64; ram 2G; line 64; swiotlb 64M }\ndevice dev { dma_mask 64; noncoherent }\nm = dma_alloc_noncoherent(dev, 4K, &d, DMA_FROM_DEVICE);\nif (!m) return;\n";
        CheckResult dropped = Check($"{heap}m.write(1);\ndma_sync_single_for_cpu(dev, d, DMA_FROM_DEVICE);\ndma_free_noncoherent(dev, 4K, m, d, DMA_FROM_DEVICE);");
        Assert.Equal(Frequency.Sometimes, dropped.Variants[0].FrequencyOf(Verdict.Lost)); // unless it was written back before
        CheckResult brute = Check($"{heap}m.write(1);\ndma_sync_single_for_cpu(dev, d, DMA_FROM_DEVICE);\ndma_free_noncoherent(dev, 4K, m, d, DMA_FROM_DEVICE);", bruteForce: true);
        Assert.Equal(dropped.Verdicts.Select(v => (v.Verdict, v.Frequency)), brute.Verdicts.Select(v => (v.Verdict, v.Frequency)));
        CheckResult cleaned = Check($"{heap}m.write(1);\ndma_sync_single_for_device(dev, d, DMA_FROM_DEVICE);\ndma_sync_single_for_cpu(dev, d, DMA_FROM_DEVICE);\ndma_free_noncoherent(dev, 4K, m, d, DMA_FROM_DEVICE);");
        Assert.Equal(Frequency.Never, cleaned.Variants[0].FrequencyOf(Verdict.Lost));
    }

    [Theory]
    [InlineData("m = dma_alloc_coherent(dev, 32K, &d);")]
    [InlineData("m = dma_alloc_noncoherent(dev, 32K, &d, DMA_BIDIRECTIONAL);")]
    public void AllocationsShareTheRestrictedPoolWithMaps(string allocation)
    {
        const string pool = "machine { arch arm64; ram 2G; line 64; swiotlb 64M }\ndevice dev { dma_mask 64; coherent; restricted_pool 64K }\nbuffer b = pages(64K) below 4G;\n";
        string rest = "x = dma_map_single(dev, b, DMA_TO_DEVICE);\nif (dma_mapping_error(dev, x)) return;\ndma_unmap_single(dev, x, DMA_TO_DEVICE);";
        Assert.Contains(Check($"{pool}{allocation}\nif (!m) return;\n{rest}").Verdicts, v => v.Verdict == Verdict.Fails && v.Errors.SequenceEqual([Errno.NoMemory]));
        Assert.True(Check($"{pool}{rest}").Ok);
        CheckResult twice = Check($"{pool}{allocation}\nif (!m) return;\nn = dma_alloc_coherent(dev, 48K, &e);\nif (!n) return;\nn.write(1);");
        Assert.Equal([Verdict.Fails], twice.Verdicts.Select(v => v.Verdict));
        CheckResult used = Check($"{pool}{allocation}\nif (!m) return;\nn = dma_alloc_coherent(dev, 48K, &e);\nn.write(1);\ny = dma_map_single(dev, n, DMA_TO_DEVICE);\ndma_free_coherent(dev, 48K, n, e);");
        Assert.Contains(used.Verdicts, v => v.Verdict == Verdict.Wild); // nobody asked whether there is any memory
        Assert.Contains(used.Verdicts, v => v.Verdict == Verdict.Contract);
    }

    [Fact]
    public void SlotsOfAFreedAllocationAreGivenOutAgain()
    {
        const string pool = "machine { arch arm64; ram 2G; line 64; swiotlb 64M }\ndevice dev { dma_mask 64; noncoherent; restricted_pool 64K }\nbuffer b = pages(64K) below 4G;\n";
        Assert.True(Check($"{pool}m = dma_alloc_coherent(dev, 64K, &d);\nif (!m) return;\nm.write(1);\ndev.read(d);\ndma_free_coherent(dev, 64K, m, d);\nb.write(2);\nx = dma_map_single(dev, b, DMA_BIDIRECTIONAL);\nif (dma_mapping_error(dev, x)) return;\ndev.read(x);\ndev.write(x, 3);\ndma_unmap_single(dev, x, DMA_BIDIRECTIONAL);\nb.read();\nn = dma_alloc_coherent(dev, 64K, &e);\nif (!n) return;\nn.read();\ndev.read(e);\ndma_free_coherent(dev, 64K, n, e);").Ok);
        CheckResult late = Check($"{pool}m = dma_alloc_coherent(dev, 64K, &d);\nif (!m) return;\ndma_free_coherent(dev, 64K, m, d);\nm.read();");
        Assert.Contains(late.Verdicts, v => v.Verdict == Verdict.Wild);
    }

    private static CheckResult Check(string body, bool bruteForce = false) =>
        LitmusChecker.Check(CheckerTests.Parse("hole", body), KernelProfiles.Default, new CheckOptions { BruteForce = bruteForce }, Cancellation);
}
