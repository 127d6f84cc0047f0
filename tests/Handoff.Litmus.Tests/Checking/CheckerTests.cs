using Handoff.Kernels;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Exploration.BruteForce;
using Handoff.Litmus.Exploration.Search;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;
using Handoff.Litmus.Tests.Exploration;

namespace Handoff.Litmus.Tests.Checking;

/// <summary>Verdicts of whole tests, argued from the kernel's rules, and both explorers on the same programs.</summary>
public sealed class CheckerTests
{
    private const string NonCoherent = "machine { arch arm64; ram 8G; line 64; swiotlb 64M }\ndevice dev { dma_mask 32; noncoherent }\n";
    private const string Coherent = "machine { arch arm64; ram 8G; line 64; swiotlb 64M }\ndevice dev { dma_mask 32; coherent }\n";

    public static TheoryData<string, string, string> Cases => new()
    {
        { "receive, done right", NonCoherent + "buffer b = page(4K) below 4G; b.write(1); dma = dma_map_single(dev, b, DMA_FROM_DEVICE); if (dma_mapping_error(dev, dma)) return; dev.write(dma, 2); dma_unmap_single(dev, dma, DMA_FROM_DEVICE); b.read();", "ok" },
        { "receive through a bounce, done right", NonCoherent + "buffer b = page(4K) above 4G; b.write(1); dma = dma_map_single(dev, b, DMA_FROM_DEVICE); if (dma_mapping_error(dev, dma)) return; dev.write(dma, 2); dma_unmap_single(dev, dma, DMA_FROM_DEVICE); b.read();", "ok" },
        { "receive, no unmap: the cache may still hold the old bytes, and the device owns it", NonCoherent + "buffer b = page(4K) below 4G; b.write(1); dma = dma_map_single(dev, b, DMA_FROM_DEVICE); if (dma_mapping_error(dev, dma)) return; dev.write(dma, 2); b.read();", "stale sometimes, contract always" },
        { "transmit, done right", NonCoherent + "buffer b = page(4K) below 4G; b.write(1); dma = dma_map_single(dev, b, DMA_TO_DEVICE); if (dma_mapping_error(dev, dma)) return; dev.read(dma); dma_unmap_single(dev, dma, DMA_TO_DEVICE);", "ok" },
        { "transmit without the clean", NonCoherent + "buffer b = page(4K) below 4G; b.write(1); dma = dma_map_single_attrs(dev, b, 4096, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC); if (dma_mapping_error(dev, dma)) return; dev.read(dma); dma_unmap_single_attrs(dev, dma, 4096, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);", "stale sometimes, contract always" },
        { "transmit without the clean, bounced: the slot's old tenant", NonCoherent + "buffer b = page(4K) above 4G; b.write(1); dma = dma_map_single_attrs(dev, b, 4096, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC); if (dma_mapping_error(dev, dma)) return; dev.read(dma); dma_unmap_single_attrs(dev, dma, 4096, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);", "leak sometimes, contract always" },
        { "the same on a snooping device", Coherent + "buffer b = page(4K) above 4G; b.write(1); dma = dma_map_single_attrs(dev, b, 4096, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC); if (dma_mapping_error(dev, dma)) return; dev.read(dma); dma_unmap_single_attrs(dev, dma, 4096, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);", "contract always" },
        { "a neighbour's dirty line destroys what the device wrote", NonCoherent + "buffer b = page(288) below 4G with neighbour n 8 bytes after; b.write(1); dma = dma_map_single(dev, b, DMA_FROM_DEVICE); if (dma_mapping_error(dev, dma)) return; n.write(7); dev.write(dma, 2); dma_unmap_single(dev, dma, DMA_FROM_DEVICE); b.read();", "lost sometimes, stale sometimes" },
        { "a short buffer beside a neighbour bounces, which protects both", NonCoherent + "buffer b = page(96) below 4G with neighbour n 8 bytes after; b.write(1); dma = dma_map_single(dev, b, DMA_FROM_DEVICE); if (dma_mapping_error(dev, dma)) return; n.write(7); dev.write(dma, 2); dma_unmap_single(dev, dma, DMA_FROM_DEVICE); b.read();", "ok" },
        { "two threads map and unmap their own buffers", NonCoherent + "buffer a = page(4K) above 4G; buffer b = page(4K) above 4G; thread x { a.write(1); d = dma_map_single(dev, a, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dev.read(d); dma_unmap_single(dev, d, DMA_TO_DEVICE); } thread y { b.write(2); e = dma_map_single(dev, b, DMA_FROM_DEVICE); if (dma_mapping_error(dev, e)) return; dev.write(e, 3); dma_unmap_single(dev, e, DMA_FROM_DEVICE); b.read(); }", "ok" },
        { "a thread reads before it is told that the device is done", NonCoherent + "buffer b = page(4K) below 4G; dma = dma_map_single(dev, b, DMA_FROM_DEVICE); if (dma_mapping_error(dev, dma)) return; thread x { dev.write(dma, 2); dma_unmap_single(dev, dma, DMA_FROM_DEVICE); } thread y { b.read(); }", "contract sometimes" },
        { "the same with a signal", NonCoherent + "buffer b = page(4K) below 4G; dma = dma_map_single(dev, b, DMA_FROM_DEVICE); if (dma_mapping_error(dev, dma)) return; thread x { dev.write(dma, 2); dma_unmap_single(dev, dma, DMA_FROM_DEVICE); signal(done); } thread y { wait(done); b.read(); }", "ok" },
        { "device access after unmap", NonCoherent + "buffer b = page(4K) below 4G; dma = dma_map_single(dev, b, DMA_TO_DEVICE); if (dma_mapping_error(dev, dma)) return; dma_unmap_single(dev, dma, DMA_TO_DEVICE); dev.read(dma);", "wild always, contract always" },
        { "nobody asked whether it failed", NonCoherent + "buffer b = page(4K) below 4G; dma = dma_map_single(dev, b, DMA_TO_DEVICE); dma_unmap_single(dev, dma, DMA_TO_DEVICE);", "contract always" },
        { "unmap with skip drops what the device wrote into the slot", NonCoherent + "buffer b = page(4K) above 4G; b.write(1); dma = dma_map_single(dev, b, DMA_FROM_DEVICE); if (dma_mapping_error(dev, dma)) return; dev.write(dma, 2); dma_unmap_single_attrs(dev, dma, 4096, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC); b.read();", "lost always, stale always, contract always" },
        { "an asynchronous write may still run at unmap", NonCoherent + "buffer b = page(4K) below 4G; dma = dma_map_single(dev, b, DMA_FROM_DEVICE); if (dma_mapping_error(dev, dma)) return; dev.start_write(dma, 2); dma_unmap_single(dev, dma, DMA_FROM_DEVICE); dev.wait();", "wild sometimes, contract sometimes" },
        { "a mapping too large to bounce", NonCoherent + "buffer b = pages(512K) above 4G; dma = dma_map_single(dev, b, DMA_TO_DEVICE); if (dma_mapping_error(dev, dma)) return; dev.read(dma);", "fails always" },
        { "uncached heap block above the mask", NonCoherent + "buffer f = heap(system_uncached, 64K) above 4G; f.write(1); att = dma_buf_attach(f, dev); sgt = dma_buf_map_attachment(att, DMA_BIDIRECTIONAL); if (IS_ERR(sgt)) return; dev.read(sgt);", "leak sometimes, stale sometimes" },
        { "uncached heap block in reach", NonCoherent + "buffer f = heap(system_uncached, 64K) below 4G; f.write(1); att = dma_buf_attach(f, dev); sgt = dma_buf_map_attachment(att, DMA_BIDIRECTIONAL); if (IS_ERR(sgt)) return; dev.read(sgt); dma_buf_unmap_attachment(att, sgt, DMA_BIDIRECTIONAL);", "ok" },
        { "two bounced attachments of a cached block: the older copy wins", NonCoherent + "device other { dma_mask 32; noncoherent }\nbuffer f = heap(system, 64K) above 4G; f.write(1); a = dma_buf_attach(f, dev); b = dma_buf_attach(f, other); s = dma_buf_map_attachment(a, DMA_BIDIRECTIONAL); if (IS_ERR(s)) return; t = dma_buf_map_attachment(b, DMA_BIDIRECTIONAL); if (IS_ERR(t)) return; other.write(t, 2); ioctl(f, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ); f.read(); ioctl(f, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);", "lost sometimes, stale always" },
    };

    private static KernelProfile Kernel { get; } = new("linux-6.12", new KernelSwitches(), "defaults");

    [Theory]
    [MemberData(nameof(Cases))]
    public void VerdictsAreThoseOfTheRules(string title, string body, string expected)
    {
        LitmusTest test = Parse(title, body);
        CheckResult result = LitmusChecker.Check(test, Kernel, cancellation: TestContext.Current.CancellationToken);
        Assert.True(result.Conclusive);
        Assert.Equal(expected, Words(result));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ExplorersAgreeOnTests(string title, string body, string expected)
    {
        LitmusTest test = Parse(title, body);
        Assert.NotEmpty(expected);
        foreach (MachineVariant variant in Variants.Of(test))
        {
            foreach (LoweredTest lowered in Lowerer.Orders(test, Kernel, variant))
            {
                // Enumerating is exponential in lines, so it sees programs whose groups it can hold.
                var plain = BruteForceExplorer.Explore(lowered.Program, 40_000, TestContext.Current.CancellationToken);
                if (plain.Outcome == ExplorationOutcome.Complete)
                    AgreementTests.AssertSame(plain, FastExplorer.Explore(lowered.Program, cancellation: TestContext.Current.CancellationToken));
            }
        }
    }

    [Fact]
    public void LargeBuffersCostNoMoreThanSmallOnes()
    {
        const string body = NonCoherent + "buffer f = heap(system, SIZE) entries 64K above 4G; f.write(1); a = dma_buf_attach(f, dev); s = dma_buf_map_attachment(a, DMA_BIDIRECTIONAL); if (IS_ERR(s)) return; dev.write(s, 2); dma_buf_unmap_attachment(a, s, DMA_BIDIRECTIONAL); f.read();";
        CheckResult small = LitmusChecker.Check(Parse("small", body.Replace("SIZE", "64K")), Kernel, cancellation: TestContext.Current.CancellationToken);
        CheckResult large = LitmusChecker.Check(Parse("large", body.Replace("SIZE", "32M")), Kernel, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal("ok", Words(small));
        Assert.Equal("ok", Words(large));
        Assert.Equal(small.States, large.States);
    }

    [Theory]
    [InlineData("arch arm64", "below 0x41000000", 0x40000000UL, 0x41000000UL)]
    [InlineData("arch arm64", "below 4G", 0x40000000UL, 0x100000000UL)]
    [InlineData("arch x86_64", "in DMA", 0UL, 0x1000000UL)]
    [InlineData("arch x86_64", "in DMA32", 0UL, 0x100000000UL)]
    [InlineData("arch x86_64", "in NORMAL", 0x100000000UL, 0x240000000UL)]
    [InlineData("arch arm64", "above 20G", 20UL << 30, 30UL << 30)]
    public void BuffersLieWhereTheTestSays(string machine, string place, ulong from, ulong to)
    {
        LitmusTest test = Parse("place", $"machine {{ {machine} }}\nbuffer a = pages(64K) {place};\nbuffer b = pages(1M) {place};\nbuffer h = heap(system, 1M) {place};");
        foreach (MachineVariant variant in Variants.Of(test))
        {
            var setup = new MachineSetup(test, variant, Kernel.Switches);
            setup.PlaceBuffers(test.Buffers, 8);
            Assert.All(setup.Objects.Values.SelectMany(o => o.Runs), r => Assert.True(r.Start >= from && r.Start + r.Size <= to, $"{r.Start:x}"));
            Assert.All(setup.Objects.Values.SelectMany(o => o.Runs), r => Assert.True(setup.Machine.Ram.Contains(new PhysicalAddress(r.Start), r.Size)));
            ulong[] starts = [.. setup.Objects.Values.Select(o => o.Start).Order()];
            Assert.Equal(3, starts.Distinct().Count());
        }
    }

    [Fact]
    public void MoreOrdersOfCallsThanAreTriedAreNotKnown()
    {
        // 16 calls of one thread and 8 of another: 735,471 orders.
        string Calls(string name, int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"{name}{i} = dma_map_page(dev, b, DMA_TO_DEVICE);\n"));
        LitmusTest test = Parse("orders", $"machine {{ line 64 }}\ndevice dev {{ dma_mask 64; coherent; force_bounce no }}\nbuffer b = page(64) below 4G;\nthread x {{ {Calls("x", 16)} }}\nthread y {{ {Calls("y", 8)} }}");
        CheckResult result = LitmusChecker.Check(test, Kernel, new CheckOptions { MaxStates = 200 }, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(ExplorationOutcome.OrderLimit, Assert.Single(result.Variants).Outcome);
        Assert.All(result.Verdicts, v => Assert.Equal(Frequency.Sometimes, v.Frequency));
    }

    [Fact]
    public void ManyWritesAndStepsAreCountedRight()
    {
        // More than 256 versions of one cell, and more than 256 steps of one thread.
        string writes = string.Concat(Enumerable.Range(0, 300).Select(_ => "b.write();\n"));
        LitmusTest right = Parse("many", $"machine {{ line 64 }}\ndevice dev {{ dma_mask 64; noncoherent; force_bounce no }}\nbuffer b = page(64) below 4G;\n{writes}dma = dma_map_page(dev, b, DMA_TO_DEVICE);\nif (dma_mapping_error(dev, dma)) return;\ndev.read(dma);\ndma_unmap_page(dev, dma, DMA_TO_DEVICE);");
        Assert.Equal("ok", Words(LitmusChecker.Check(right, Kernel, cancellation: TestContext.Current.CancellationToken)));
        LitmusTest wrong = Parse("many", $"machine {{ line 64 }}\ndevice dev {{ dma_mask 64; noncoherent; force_bounce no }}\nbuffer b = page(64) below 4G;\ndma = dma_map_page(dev, b, DMA_TO_DEVICE);\nif (dma_mapping_error(dev, dma)) return;\n{writes}dev.read(dma);");
        CheckResult found = LitmusChecker.Check(wrong, Kernel, new CheckOptions { Witnesses = true }, TestContext.Current.CancellationToken);
        Assert.Equal("stale sometimes, contract always", Words(found));
        Assert.Contains(found.Variants[0].Stories, s => s.Verdict == Verdict.Contract);
    }

    [Fact]
    public void ATestThatIsTooLargeSaysSo()
    {
        string lines = string.Concat(Enumerable.Range(0, 4500).Select(i => $"b[{i * 2}..{(i * 2) + 1}].write();\nb.read();\n"));
        LitmusTest test = Parse("large", $"machine {{ line 64 }}\nbuffer b = pages(64K) below 4G;\n{lines}");
        CheckResult result = LitmusChecker.Check(test, Kernel, cancellation: TestContext.Current.CancellationToken);
        Assert.All(result.Variants, v => Assert.Equal(ExplorationOutcome.TooLarge, v.Outcome));
        Assert.False(result.Ok);
    }

    [Fact]
    public void AnInterruptKeepsWhatIsKnownAndSearchesNoFurther()
    {
        const string body = """
            machine { line 64 }
            device dev { dma_mask 64; force_bounce no }
            buffer b = page(4K);
            dma = dma_map_page(dev, b, DMA_FROM_DEVICE);
            thread x { b.write(); b.read(); b.write(); b.read(); b.write(); b.read(); b.write(); b.read(); b.write(); b.read(); }
            thread y { b.write(); b.read(); b.write(); b.read(); b.write(); b.read(); b.write(); b.read(); b.write(); b.read(); }
            thread z { b.write(); b.read(); b.write(); b.read(); b.write(); b.read(); b.write(); b.read(); b.write(); b.read(); }
            thread u { b.write(); b.read(); b.write(); b.read(); b.write(); b.read(); b.write(); b.read(); b.write(); b.read(); }
            """;
        using var interrupt = new CancellationTokenSource();
        LitmusTest test = Parse("interrupted", body);
        CheckResult whole = LitmusChecker.Check(test, Kernel, cancellation: TestContext.Current.CancellationToken);
        Assert.True(whole.Conclusive);
        CheckResult cut = LitmusChecker.Check(test, Kernel, new CheckOptions { Progress = _ => interrupt.Cancel() }, interrupt.Token);
        Assert.False(cut.Conclusive);
        Assert.Equal(whole.Variants.Select(v => v.Machine), cut.Variants.Select(v => v.Machine));
        Assert.All(cut.Variants, v => Assert.Equal(ExplorationOutcome.Cancelled, v.Outcome));
        Assert.Equal(whole.Variants[0].Verdicts.Select(v => v.Verdict), cut.Variants[0].Verdicts.Select(v => v.Verdict));
        Assert.All(cut.Variants[0].Verdicts, v => Assert.Equal(Frequency.Sometimes, v.Frequency));
        Assert.Equal(0, cut.Variants[1].States);
    }

    internal static LitmusTest Parse(string title, string body)
    {
        ParseResult parsed = LitmusParser.Parse($"litmus \"{title}\"\n{body}");
        Assert.True(parsed.Success, string.Join('\n', parsed.Diagnostics.Select(d => d.ToString())));
        return parsed.Test!;
    }

    private static string Words(CheckResult result) =>
        result.Verdicts.Count == 0 ? "ok"
        : string.Join(", ", result.Verdicts.Select(v => $"{v.Verdict} {v.Frequency}".ToLowerInvariant()));
}
