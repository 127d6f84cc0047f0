using Handoff.Kernels;
using Handoff.Litmus.Language;
using Handoff.Ownership;

namespace Handoff.Litmus.Tests.Checking;

/// <summary>Rules of the API that are broken on a machine that shows no harm: everything snoops, everything is in reach.</summary>
public sealed class RuleTests
{
    private const string Declarations = """
        machine { arch arm64; ram 2G; line 64; swiotlb 64M }
        device dev { dma_mask 64; coherent; max_seg 64K }
        device other { dma_mask 64; coherent }
        buffer b = pages(8K) below 4G;
        buffer c = page(4K) below 4G;
        buffer big = pages(128K) below 4G;
        buffer st = stack(64);
        buffer k = kmalloc(24);
        buffer k2 = kmalloc(24) beside k;
        buffer r = mmio(4K) at 0xE0000000;
        buffer h = heap(system, 64K) below 4G;
        sglist l = { b[0..4096], c };
        sglist wide = { big };

        """;

    public static TheoryData<string, string> Broken => new()
    {
        { "d = dma_map_single(dev, c, DMA_TO_DEVICE); dma_unmap_single(dev, d, DMA_TO_DEVICE);", "DMA0012" },
        { "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dma_unmap_single(dev, d, 64, DMA_TO_DEVICE);", "DMA0005" },
        { "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dma_unmap_single(dev, d, DMA_BIDIRECTIONAL);", "DMA0006" },
        { "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dma_unmap_sg(dev, d, DMA_TO_DEVICE);", "DMA0007" },
        { "d = dma_map_resource(dev, r, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dma_unmap_single(dev, d, DMA_TO_DEVICE);", "DMA0007" },
        { "m = dma_alloc_coherent(dev, 4K, &d); dma_free_noncoherent(dev, 4K, m, d, DMA_BIDIRECTIONAL);", "DMA0007" },
        { "m = dma_alloc_noncoherent(dev, 4K, &d, DMA_TO_DEVICE); dma_free_coherent(dev, 4K, m, d);", "DMA0007" },
        { "m = dma_alloc_coherent(dev, 4K, &d); dma_unmap_single(dev, d, DMA_BIDIRECTIONAL);", "DMA0007" },
        { "m = dma_alloc_coherent(dev, 4K, &d); dma_free_coherent(dev, 8K, m, d);", "DMA0005" },
        { "m = dma_alloc_noncoherent(dev, 4K, &d, DMA_TO_DEVICE); dma_free_noncoherent(dev, 4K, m, d, DMA_FROM_DEVICE);", "DMA0006" },
        { "m = dma_alloc_coherent(dev, 4K, &d); n = dma_alloc_coherent(dev, 4K, &e); dma_free_coherent(dev, 4K, m, e);", "DMA0011" },
        { "m = dma_alloc_coherent(dev, 4K, &d); dma_free_coherent(dev, 4K, m, d); dma_free_coherent(dev, 4K, m, d);", "DMA0002" },
        { "m = dma_alloc_coherent(dev, 4K, &d); dma_free_coherent(other, 4K, m, d);", "DMA0009" },
        { "m = dma_alloc_coherent(dev, 4K, &d); x = dma_map_single(dev, m, DMA_TO_DEVICE); if (dma_mapping_error(dev, x)) return; dma_unmap_single(dev, x, DMA_TO_DEVICE);", "DMA0040" },
        { "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dma_unmap_single(other, d, DMA_TO_DEVICE);", "DMA0009" },
        { "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dma_unmap_single(dev, d, DMA_TO_DEVICE); dma_unmap_single(dev, d, DMA_TO_DEVICE);", "DMA0002" },
        { "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dma_unmap_single(dev, d[64..], 4032, DMA_TO_DEVICE);", "DMA0003,DMA0005" },
        { "s = dma_map_sg(dev, l, 2, DMA_FROM_DEVICE); if (!s) return; dma_unmap_sg(dev, s, 1, DMA_FROM_DEVICE);", "DMA0010" },
        { "s = dma_map_sg(dev, l, 3, DMA_FROM_DEVICE); if (!s) return; dma_unmap_sg(dev, s, DMA_FROM_DEVICE);", "DMA0010" },
        { "s = dma_map_sg(dev, l, 2, DMA_FROM_DEVICE); if (!s) return; dma_sync_sg_for_cpu(dev, s, 1, DMA_FROM_DEVICE); dma_unmap_sg(dev, s, 2, DMA_FROM_DEVICE);", "DMA0025" },
        { "s = dma_map_sg(dev, wide, 1, DMA_FROM_DEVICE); if (!s) return; dma_unmap_sg(dev, s, 1, DMA_FROM_DEVICE);", "DMA0070" },
        { "d = dma_map_single(dev, c, DMA_FROM_DEVICE); if (dma_mapping_error(dev, d)) return; dma_sync_single_for_cpu(dev, d, 8K, DMA_FROM_DEVICE); dma_unmap_single(dev, d, DMA_FROM_DEVICE);", "DMA0021" },
        { "d = dma_map_single(dev, c, DMA_FROM_DEVICE); if (dma_mapping_error(dev, d)) return; dma_sync_single_for_cpu(dev, d, DMA_TO_DEVICE); dma_unmap_single(dev, d, DMA_FROM_DEVICE);", "DMA0022" },
        { "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dma_sync_single_for_cpu(dev, d, DMA_FROM_DEVICE); dma_unmap_single(dev, d, DMA_TO_DEVICE);", "DMA0023" },
        { "d = dma_map_single(dev, c, DMA_FROM_DEVICE); if (dma_mapping_error(dev, d)) return; dma_sync_single_for_device(dev, d, DMA_TO_DEVICE); dma_unmap_single(dev, d, DMA_FROM_DEVICE);", "DMA0024" },
        { "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dma_sync_single_for_cpu(other, d, DMA_TO_DEVICE); dma_unmap_single(dev, d, DMA_TO_DEVICE);", "DMA0027" },
        { "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dma_unmap_single(dev, d, DMA_TO_DEVICE); dma_sync_single_for_cpu(dev, d, DMA_TO_DEVICE);", "DMA0026" },
        { "d = dma_map_single(dev, c, DMA_FROM_DEVICE); if (dma_mapping_error(dev, d)) return; c.read(); dma_unmap_single(dev, d, DMA_FROM_DEVICE);", "DMA0030" },
        { "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; c.write(); dma_unmap_single(dev, d, DMA_TO_DEVICE);", "DMA0031" },
        { "d = dma_map_single(dev, c, DMA_BIDIRECTIONAL); if (dma_mapping_error(dev, d)) return; dma_sync_single_for_cpu(dev, d, DMA_BIDIRECTIONAL); c.write(); dev.read(d); dma_unmap_single(dev, d, DMA_BIDIRECTIONAL);", "DMA0035" },
        { "c.write(); d = dma_map_single(dev, c, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC); if (dma_mapping_error(dev, d)) return; dev.read(d); dma_unmap_single(dev, d, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);", "DMA0050" },
        { "d = dma_map_single(dev, c, DMA_FROM_DEVICE); if (dma_mapping_error(dev, d)) return; dev.write(d); dma_unmap_single(dev, d, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC); c.read();", "DMA0051" },
        { "d = dma_map_single(dev, c, DMA_FROM_DEVICE); if (dma_mapping_error(dev, d)) return; e = dma_map_single(other, c, DMA_FROM_DEVICE); if (dma_mapping_error(other, e)) return; dma_unmap_single(other, e, DMA_FROM_DEVICE); dma_unmap_single(dev, d, DMA_FROM_DEVICE);", "DMA0040" },
        { "d = dma_map_single(dev, c[0..32], DMA_FROM_DEVICE); if (dma_mapping_error(dev, d)) return; e = dma_map_single(dev, c[32..64], DMA_FROM_DEVICE); if (dma_mapping_error(dev, e)) return; dma_unmap_single(dev, e, DMA_FROM_DEVICE); dma_unmap_single(dev, d, DMA_FROM_DEVICE);", "DMA0041" },
        { "d = dma_map_single(dev, st, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dma_unmap_single(dev, d, DMA_TO_DEVICE);", "DMA0060" },
        { "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; free(c); dma_unmap_single(dev, d, DMA_TO_DEVICE);", "DMA0001" },
        { "att = dma_buf_attach(h, dev); s = dma_buf_map_attachment(att, DMA_TO_DEVICE); if (IS_ERR(s)) return; dma_buf_detach(h, att);", "DMA0001" },
        { "att = dma_buf_attach(h, dev); dma_buf_detach(att); s = dma_buf_map_attachment(att, DMA_TO_DEVICE); if (IS_ERR(s)) return;", "-" },
        { "att = dma_buf_attach(h, dev); dma_buf_pin(att); dma_buf_detach(att);", "-" },
        { "dma_buf_vunmap(h);", "-" },
    };

    public static TheoryData<string> Allowed =>
    [
        "d = dma_map_single(dev, k, DMA_FROM_DEVICE); if (dma_mapping_error(dev, d)) return; e = dma_map_single(dev, k2, DMA_FROM_DEVICE); if (dma_mapping_error(dev, e)) return; dma_unmap_single(dev, e, DMA_FROM_DEVICE); dma_unmap_single(dev, d, DMA_FROM_DEVICE);",
        "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; c.read(); dma_unmap_single(dev, d, DMA_TO_DEVICE);",
        "c.write(); d = dma_map_single(dev, c, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC); if (dma_mapping_error(dev, d)) return; dma_sync_single_for_device(dev, d, DMA_TO_DEVICE); dev.read(d); dma_unmap_single(dev, d, DMA_TO_DEVICE);",
        "c.write(); d = dma_map_single(dev, c, DMA_BIDIRECTIONAL); if (dma_mapping_error(dev, d)) return; e = dma_map_single(other, c, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC); if (dma_mapping_error(other, e)) return; other.read(e); dma_unmap_single(other, e, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC); dma_unmap_single(dev, d, DMA_BIDIRECTIONAL); c.read();",
        "d = dma_map_single(dev, c, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC); if (dma_mapping_error(dev, d)) return; dma_sync_single_for_device(dev, d, DMA_FROM_DEVICE); dev.write(d[0..64]); dma_sync_single_for_cpu(dev, d, 64, DMA_FROM_DEVICE); c[0..64].read(); dma_unmap_single(dev, d, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC); c.write(); c.read();",
        "att = dma_buf_attach(h, dev); s = dma_buf_map_attachment(att, DMA_TO_DEVICE); if (IS_ERR(s)) return; free(h); dev.read(s); dma_buf_unmap_attachment(att, s, DMA_TO_DEVICE); dma_buf_detach(att);",
        "m = dma_alloc_noncoherent(dev, 4K, &d, DMA_BIDIRECTIONAL); m.write(); dma_sync_single_for_device(dev, d, DMA_BIDIRECTIONAL); dev.read(d); dma_free_noncoherent(dev, 4K, m, d, DMA_BIDIRECTIONAL);",
        "d = dma_map_resource(dev, r, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; dma_unmap_resource(dev, d, DMA_TO_DEVICE);",
        "s = dma_map_sg(dev, l, 1, DMA_FROM_DEVICE); if (!s) return; dev.write(s); dma_unmap_sg(dev, s, 1, DMA_FROM_DEVICE);",
    ];

    public static TheoryData<string> Wild =>
    [
        "free(c); c.read();",
        "free(c); c.write();",
        "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; free(c); dev.read(d);",
        "m = dma_alloc_coherent(dev, 4K, &d); dma_free_coherent(dev, 4K, m, d); m.read();",
        "m = dma_alloc_coherent(dev, 4K, &d); dma_free_coherent(dev, 4K, m, d); dev.read(d);",
        "free(h); h.read();",
        "d = dma_map_single(dev, c, DMA_TO_DEVICE); if (dma_mapping_error(dev, d)) return; other.read(d);",
    ];

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_rule_is_contract_where_nothing_can_go_wrong(string body, string rules)
    {
        VariantResult variant = Check(body);
        Assert.Equal([Verdict.Contract], variant.Verdicts.Select(v => v.Verdict));
        Assert.Equal(rules.Split(','), variant.Findings.Select(f => f.Rule?.Id ?? "-").Order());
    }

    [Theory]
    [MemberData(nameof(Allowed))]
    public void What_the_API_allows_is_no_finding(string body)
    {
        VariantResult variant = Check(body);
        Assert.Empty(variant.Findings);
        Assert.Empty(variant.Verdicts);
    }

    [Theory]
    [MemberData(nameof(Wild))]
    public void What_nobody_owns_is_wild(string body)
    {
        Assert.Equal(Verdict.Wild, Check(body).Verdicts[0].Verdict);
    }

    [Fact]
    public void An_unmap_copies_into_memory_that_was_freed()
    {
        LitmusTest test = CheckerTests.Parse("freed", Declarations.Replace("dma_mask 64", "dma_mask 32", StringComparison.Ordinal).Replace("buffer c = page(4K) below 4G", "buffer c = page(4K) above 4G", StringComparison.Ordinal)
            .Replace("ram 2G", "ram 8G", StringComparison.Ordinal) + "d = dma_map_single(dev, c, DMA_FROM_DEVICE); if (dma_mapping_error(dev, d)) return; free(c); dma_unmap_single(dev, d, DMA_FROM_DEVICE);");
        CheckResult result = LitmusChecker.Check(test, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken);
        Assert.Contains(result.Variants[0].Findings, f => f.Verdict == Verdict.Wild && f.Message == "copies to c after it was freed");
    }

    [Fact]
    public void Attributes_must_agree_from_7_2_on()
    {
        const string body = "d = dma_map_single(dev, c, DMA_FROM_DEVICE); if (dma_mapping_error(dev, d)) return; dma_sync_single_for_cpu(dev, d, DMA_FROM_DEVICE); dma_unmap_single(dev, d, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);";
        Assert.Empty(Check(body, "linux-7.1").Findings);
        Assert.Equal(FindingRules.WrongAttributes, Assert.Single(Check(body, "linux-7.2").Findings).Rule);
    }

    [Theory]
    [InlineData("arch x86_64", true)]
    [InlineData("arch arm64", false)]
    public void Slab_objects_share_lines_where_the_kernel_does_not_take_care(string machine, bool broken)
    {
        LitmusTest test = CheckerTests.Parse("slab", Declarations.Replace("arch arm64", machine, StringComparison.Ordinal) + Allowed.First().Data);
        CheckResult result = LitmusChecker.Check(test, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(broken, result.Variants[0].Findings.Any(f => f.Rule == FindingRules.SharedLine));
    }

    private static VariantResult Check(string body, string kernel = "linux-6.12")
    {
        LitmusTest test = CheckerTests.Parse("rule", Declarations + body);
        CheckResult result = LitmusChecker.Check(test, KernelProfiles.Find(kernel)!, cancellation: TestContext.Current.CancellationToken);
        Assert.True(result.Conclusive);
        return Assert.Single(result.Variants);
    }
}
