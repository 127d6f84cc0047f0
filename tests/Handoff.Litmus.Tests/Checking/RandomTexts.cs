using CsCheck;

namespace Handoff.Litmus.Tests.Checking;

/// <summary>Random tests that use every call, rightly and wrongly, on machines and devices with odd numbers.</summary>
internal static class RandomTexts
{
    private static readonly Gen<string> s_direction = OneOf("DMA_TO_DEVICE", "DMA_FROM_DEVICE", "DMA_BIDIRECTIONAL");
    private static readonly Gen<string> s_attributes = OneOf(
        "", "", "", ", DMA_ATTR_SKIP_CPU_SYNC", ", DMA_ATTR_NO_BOUNCE", ", DMA_ATTR_REQUIRE_COHERENT", ", DMA_ATTR_MMIO", ", DMA_ATTR_CC_SHARED", ", 0xffffffffffffffff");

    private static readonly Gen<string> s_device = OneOf("dev", "dev", "other");
    private static readonly Gen<string> s_handle = OneOf("m0", "m1", "sg", "sgt", "ring_dma", "ring", "nc", "l");
    private static readonly Gen<string> s_memory = OneOf("b", "k", "k2", "n", "ring", "nc", "r", "v", "s");
    private static readonly Gen<string> s_size = OneOf("", "", ", 64", ", 24", ", 4K", ", 0", ", 300K", ", 0xffffffffffffffff");
    private static readonly Gen<string> s_range = OneOf("", "", "[0..8]", "[8..24]", "[16..]", "[0..1M]");

    private static readonly Gen<string> s_machine = OneOf(
        "", "", "machine { }", "machine { arch arm64; line 64; swiotlb 64M }", "machine { arch x86_64 }", "machine { arch riscv64; page 64K; cpus 4096 }",
        "machine { ram 16M }", "machine { ram 0x200000000000; swiotlb force }", "machine { swiotlb noforce; line 16 }", "machine { swiotlb \"1\" }",
        "machine { swiotlb \"nonsense,,force,999999999999\"; line 2048 }", "machine { encryption guest }", "machine { arch x86_64; encryption host; swiotlb 2K }",
        "machine { arch x86_64; encryption guest; ram 16M; page 64K }", "machine { ram 17825793 }", "machine { swiotlb 1T }");

    private static readonly Gen<string> s_deviceItems = OneOf(
        "", "", "dma_mask 32;", "dma_mask 64; noncoherent;", "dma_mask 64; coherent;", "dma_mask 1;", "dma_mask 24; coherent_mask 64;", "bus_limit 1;",
        "dma_range cpu 0 dma 0xC0000000 size 1G;", "dma_range cpu 1 dma 2 size 3;", "dma_range cpu 0xfffffffffffff000 dma 0 size 0x1000;",
        "min_align_mask 0xfff;", "min_align_mask 0xffffffff;", "boundary 1;", "boundary 0x7ff;", "boundary 0xffffffffffffffff;", "max_seg 1;", "force_bounce;",
        "restricted_pool 4096;", "restricted_pool 4097;", "restricted_pool 4G;", "restricted_pool 1M; force_bounce no;", "untrusted;");

    private static readonly Gen<string> s_place = OneOf("", "", " above 4G", " below 4G", " above 0x100000000000", " at 0x40000000", " at 0x100000000000", " at 0xffffffff offset 3", " in DMA", " below 0x42345678", " in NORMAL");

    private static readonly Gen<string> s_statement = Gen.OneOf(
        Gen.Select(OneOf("m0", "m1"), OneOf("dma_map_single", "dma_map_page", "dma_map_phys", "dma_map_page"), s_device, s_memory, s_size, s_direction, s_attributes,
            (t, f, d, m, s, dir, a) => $"{t} = {f}({d}, {m}{s}, {dir}{a});"),
        Gen.Select(OneOf("dma_unmap_single", "dma_unmap_page", "dma_unmap_phys", "dma_unmap_resource"), s_device, s_handle, s_size, s_direction, s_attributes,
            (f, d, h, s, dir, a) => $"{f}({d}, {h}{s}, {dir}{a});"),
        Gen.Select(OneOf("dma_unmap_sg", "dma_unmap_sgtable"), s_device, s_handle, s_direction, s_attributes, (f, d, h, dir, a) => $"{f}({d}, {h}, {dir}{a});"),
        Gen.Select(OneOf("sg", "m1"), s_device, OneOf("l", "h", "b"), s_direction, s_attributes, (t, d, m, dir, a) => $"{t} = dma_map_sg({d}, {m}, {dir}{a});"),
        Gen.Select(OneOf("dma_sync_single_for_cpu", "dma_sync_single_for_device"), s_device, s_handle, s_size, s_direction, (f, d, h, s, dir) => $"{f}({d}, {h}{s}, {dir});"),
        Gen.Select(OneOf("dma_sync_single_range_for_cpu", "dma_sync_single_range_for_device"), s_handle, OneOf("0, 8", "8, 4K", "1, 0", "0xffffffffffffffff, 2"), s_direction,
            (f, h, r, dir) => $"{f}(dev, {h}, {r}, {dir});"),
        Gen.Select(OneOf("dma_sync_sg_for_cpu", "dma_sync_sg_for_device", "dma_sync_sgtable_for_cpu"), s_device, s_handle, s_direction, (f, d, h, dir) => $"{f}({d}, {h}, {dir});"),
        Gen.Select(OneOf("r.read()", "x = r.read()", "b.write(1)", "b[0..8].write(2)", "k.read()", "k.write(3)", "k2.write(4)", "n.write(5)", "h.read()", "h.write(6)", "u.write(7)", "ring.read()", "nc.write(8)", "b.read_wc()", "h.read_cached()"), a => a + ";"),
        Gen.Select(s_device, OneOf("read({0})", "write({0}, 2)", "start_write({0})", "start_read({0})"), s_handle, s_range, (d, m, h, r) => $"{d}.{m.Replace("{0}", h + r, StringComparison.Ordinal)};"),
        Gen.Select(OneOf("a0", "a1"), OneOf("h", "u"), s_device, (a, m, d) => $"{a} = dma_buf_attach({m}, {d});"),
        Gen.Select(OneOf("a0", "a1"), s_direction, (a, dir) => $"sgt = dma_buf_map_attachment({a}, {dir});"),
        Gen.Select(OneOf("a0", "a1"), OneOf("sgt", "sg"), s_direction, (a, h, dir) => $"dma_buf_unmap_attachment({a}, {h}, {dir});"),
        Gen.Select(OneOf("dma_buf_detach", "dma_buf_pin", "dma_buf_unpin"), OneOf("a0", "a1"), (f, a) => $"{f}({a});"),
        Gen.Select(OneOf("h", "u"), OneOf("START", "END"), OneOf("READ", "WRITE", "RW"), (m, s, rw) => $"e = ioctl({m}, DMA_BUF_SYNC_{s} | DMA_BUF_SYNC_{rw});"),
        Gen.Select(OneOf("dma_buf_begin_cpu_access", "dma_buf_end_cpu_access"), OneOf("h", "u"), s_direction, (f, m, dir) => $"{f}({m}, {dir});"),
        OneOf("dma_buf_vmap(h);", "dma_buf_vunmap(h);", "ioctl(h, DMA_BUF_SYNC_START);", "free(b);", "free(k);", "free(h);", "dev.wait();", "signal(go);", "wait(go);", "e = dma_need_sync(dev, m0);"),
        OneOf("if (dma_mapping_error(dev, m0)) return;", "if (IS_ERR(a0)) return;", "if (e < 0) return;", "if (!ring) return;", "if (IS_ERR(sgt)) return;", "r0 = dma_map_resource(dev, r, DMA_BIDIRECTIONAL);"),
        OneOf("ring = dma_alloc_coherent(dev, 4K, &ring_dma, GFP_KERNEL);", "ring = dma_alloc_attrs(other, 1, &ring_dma, DMA_ATTR_NO_KERNEL_MAPPING);", "nc = dma_alloc_noncoherent(dev, 100, DMA_FROM_DEVICE);", "nc = dma_alloc_pages(dev, 5K, DMA_TO_DEVICE, GFP_DMA);"),
        OneOf("dma_free_coherent(dev, 4K, ring, ring_dma);", "dma_free_attrs(dev, ring);", "dma_free_noncoherent(dev, 100, nc, DMA_FROM_DEVICE);", "dma_free_pages(dev, ring, DMA_TO_DEVICE);", "dma_free_coherent(other, 8K, nc, ring_dma);"),
        Gen.Select(OneOf("dma_set_mask", "dma_set_coherent_mask", "dma_set_mask_and_coherent"), Gen.Int[0, 64], (f, n) => $"e = {f}(dev, DMA_BIT_MASK({n}));"));

    /// <summary>Texts; each is right in the eyes of the language.</summary>
    public static Gen<string> Any { get; } = Gen.Select(
        Gen.Select(s_machine, s_deviceItems, s_deviceItems, s_place, s_place, s_place),
        s_statement.List[0, 9],
        s_statement.List[0, 4],
        s_statement.List[0, 4],
        s_statement.List[0, 3],
        OneOf("system", "cma", "system_uncached", "system_dma32", "system_uncached_dma32"),
        OneOf("64K", "4K", "1M", "1"),
        OneOf("16K", "1", "1M"),
        (hardware, before, one, two, after, heap, heapSize, udmabufSize) =>
            $$"""
            litmus "random"
            {{hardware.Item1}}
            device dev { {{hardware.Item2}} }
            device other { {{hardware.Item3}} }
            buffer b = pages(512K){{hardware.Item4}};
            buffer k = kmalloc(24){{hardware.Item5}} with neighbour n 8 bytes after;
            buffer k2 = kmalloc(24) beside k;
            buffer v = vmalloc(8K);
            buffer s = stack(32);
            buffer r = mmio(4K) at 0xE0000000;
            buffer h = heap({{heap}}, {{heapSize}}){{hardware.Item6}};
            buffer u = udmabuf({{udmabufSize}});
            sglist l = { b[0..96], k, b[4096..8192] };
            m0 = dma_map_single(dev, b, 4K, DMA_BIDIRECTIONAL);
            m1 = dma_map_page(other, k, DMA_FROM_DEVICE);
            a0 = dma_buf_attach(h, dev);
            a1 = dma_buf_attach(u, other);
            sg = dma_map_sg(dev, l, DMA_BIDIRECTIONAL);
            sgt = dma_buf_map_attachment(a0, DMA_BIDIRECTIONAL);
            ring = dma_alloc_coherent(dev, 4K, &ring_dma, GFP_KERNEL);
            nc = dma_alloc_noncoherent(dev, 100, DMA_FROM_DEVICE);
            dma_map_sgtable(other, l, DMA_TO_DEVICE);
            e = ioctl(u, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
            signal(go);
            {{string.Join('\n', before)}}
            {{Thread("t1", one)}}
            {{Thread("t2", two)}}
            {{string.Join('\n', after)}}
            """);

    private static string Thread(string name, List<string> body) => body.Count == 0 ? "" : $"thread {name} {{\n{string.Join('\n', body)}\n}}";

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);
}
