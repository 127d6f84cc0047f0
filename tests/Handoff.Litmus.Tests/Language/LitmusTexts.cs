using CsCheck;

namespace Handoff.Litmus.Tests.Language;

/// <summary>Random texts that are right by construction.</summary>
internal static class LitmusTexts
{
    private static readonly Gen<string> s_direction = OneOf("DMA_TO_DEVICE", "DMA_FROM_DEVICE", "DMA_BIDIRECTIONAL");
    private static readonly Gen<string> s_attributes = OneOf("", ", DMA_ATTR_SKIP_CPU_SYNC", ", DMA_ATTR_NO_WARN | DMA_ATTR_SKIP_CPU_SYNC", ", 0x20");
    private static readonly Gen<string> s_size = OneOf("", ", 64", ", 4K");
    private static readonly Gen<string> s_range = OneOf("", "[0..64]", "[16..]", "+32", "[64..4096]");

    private static readonly Gen<string> s_statement = Gen.OneOf(
        Gen.Select(s_range, s_size, s_direction, s_attributes, (r, s, d, a) => $"dma = dma_map_single(dev, b{r}{s}, {d}{a});"),
        Gen.Select(s_size, s_direction, s_attributes, (s, d, a) => $"dma_unmap_single(dev, dma0{s}, {d}{a});"),
        Gen.Select(s_range, s_direction, (r, d) => $"dma_sync_single_for_cpu(dev, dma0{r}, {d});"),
        Gen.Select(s_direction, d => $"dma_map_sgtable(dev, l, {d}); if (l) return; dma_unmap_sgtable(dev, l, {d});"),
        Gen.Select(s_range, OneOf("read()", "write()", "write(3)", "read_wc()", "write_uncached(1)", "read_cached()"), (r, m) => $"{(r.StartsWith('+') ? "b" : "b" + r)}.{m};"),
        Gen.Select(s_range, OneOf("read({0})", "write({0}, 2)", "start_write({0})", "start_read({0})"), (r, m) => $"dev.{m.Replace("{0}", $"dma0{r}", StringComparison.Ordinal)};"),
        OneOf("dev.wait();", "signal(go);", "wait(go);", "if (dma_mapping_error(dev, dma0)) return;", "if (!dma0) return;", "free(h);", "x = n.read();", "b.tail.write(9);"),
        Gen.Select(Gen.Int[0, 64], n => $"dma_set_mask(dev, DMA_BIT_MASK({n}));"));

    private static readonly Gen<string> s_machine = OneOf(
        "", "machine { }", "machine { arch arm64; line 128 }", "machine { on x86-default; swiotlb force; page 64K }", "machine { ram 6G; swiotlb 1M; cpus 3; encryption host }");

    private static readonly Gen<string> s_device = OneOf(
        ";", "{ dma_mask 32 }", "{ coherent; force_bounce }", "{ noncoherent; dma_mask 0; bus_limit 7 }", "{ dma_range cpu 1 dma 2 size 3; max_seg 1; min_align_mask 4095 }", "{ }");

    private static readonly Gen<string> s_place = OneOf("", " above 4G", " below 0x52345678", " in DMA32", " at 0x80000000 offset 24", " with neighbour nn 8 bytes after");

    private static readonly Gen<string> s_expect = OneOf(
        "", "expect ok;", "expect stale sometimes, lost on linux-6.5..linux-6.12;", "expect fails -EIO always on +no-bounce when forced;", "expect wild never when line64 and coherent;");

    /// <summary>Any of the texts, each as likely.</summary>
    public static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    public static Gen<string> Random => Gen.Select(
        s_machine,
        s_device,
        s_place,
        s_statement.List[0, 12],
        s_statement.List[0, 6],
        s_expect.List[0, 3],
        (machine, device, place, prologue, thread, expects) =>
            $"litmus \"r\"\n{machine}\ndevice dev {device}\nbuffer b = pages(8K){place} fields {{ tail 4096..8192 }};\nbuffer h = heap(system, 64K);\n"
            + "buffer c = kmalloc(24) with neighbour n 8 before;\nsglist l = { b[0..96], c };\ndma0 = dma_map_single(dev, b, DMA_BIDIRECTIONAL);\nsignal(go);\n"
            + string.Join('\n', prologue) + (thread.Count > 0 ? "\nthread t {\n" + string.Join('\n', thread) + "\n}\ndev.wait();\n" : "\n") + string.Join('\n', expects));
}
