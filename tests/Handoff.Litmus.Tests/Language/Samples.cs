namespace Handoff.Litmus.Tests.Language;

/// <summary>Texts that together use every construct of the language.</summary>
internal static class Samples
{
    public const string Heap = """
        litmus "uncached heap block, importer cannot reach it"

        machine { arch arm64; ram 8G; line 64; swiotlb 64M }
        device  camera { dma_mask 32; noncoherent }

        buffer frame = heap(system_uncached, 64K) above 4G;

        frame.write(1);                                        // CPU, through the write-combine view
        att = dma_buf_attach(frame, camera);
        sgt = dma_buf_map_attachment(att, DMA_BIDIRECTIONAL);  // the heap passes DMA_ATTR_SKIP_CPU_SYNC
        camera.read(sgt);                                      // does the camera see 1?

        expect leak on linux-6.12;          // the previous tenant of the slots
        expect fails -EIO on linux-6.12+no-bounce;
        """;

    public const string Everything = """
        litmus "everything at once";
        machine { on arm64-nc-6g; arch riscv64; ram 4G; line 128; swiotlb "65536,4,noforce"; encryption guest; cpus 4; page 4K; }
        device a { dma_mask 0xffffffff; coherent_mask 30; coherent; bus_limit 0x3fffffff; dma_range cpu 0x0 dma 0xC0000000 size 1G;
                   dma_range cpu 1G dma 0 size 1G; min_align_mask 0xfff; max_seg 64K; boundary 0xffffffff; force_bounce no; untrusted }
        device b { noncoherent; force_bounce; restricted_pool 8M }
        device c;
        buffer p = page(4K) in DMA32 offset 16 with neighbour n1 8 bytes before with neighbour n2 48 after;
        buffer q = pages(64K) below 4G;
        buffer k = kmalloc(24) fields { status 0..4; data 4..24; };
        buffer k2 = kmalloc(24) beside k;
        buffer s = stack(32);
        buffer v = vmalloc(8K);
        buffer h = heap(cma, 1M) entries 64K;
        buffer h2 = heap(system, 0x10000);
        buffer u = udmabuf(16K);
        buffer m = mmio(4K) at 0xE0000000;
        sglist l = { p, q[0..96], k+8, k.data[0..4] };
        /* calls */
        r = dma_set_mask(a, DMA_BIT_MASK(64));
        dma_set_mask_and_coherent(a, 0xffffff);
        dma = dma_map_single(a, k, DMA_FROM_DEVICE);
        if (dma_mapping_error(a, dma)) return;
        d2 = dma_map_single_attrs(a, k.data, 8, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC | DMA_ATTR_NO_WARN);
        d3 = dma_map_page(b, q, 64, 4K, DMA_BIDIRECTIONAL);
        d4 = dma_map_phys(b, q, 64, DMA_BIDIRECTIONAL, 0x20);
        d5 = dma_map_resource(b, m, DMA_BIDIRECTIONAL);
        sg = dma_map_sg(a, l, 4, DMA_FROM_DEVICE);
        if (!sg) { return; }
        dma_map_sgtable(b, l, DMA_FROM_DEVICE);
        if (l < 0) return;
        b.read(l);
        dma_unmap_sgtable(b, l, DMA_FROM_DEVICE);
        dma_sync_single_for_cpu(a, dma, 24, DMA_FROM_DEVICE);
        dma_sync_single_range_for_device(a, dma, 8, 8, DMA_FROM_DEVICE);
        dma_sync_single_for_device(a, dma + 4, 4, DMA_FROM_DEVICE);
        dma_sync_sg_for_cpu(a, sg, DMA_FROM_DEVICE);
        dma_sync_sgtable_for_device(a, sg, DMA_FROM_DEVICE);
        need = dma_need_sync(a, dma);
        if (need) return;
        ring = dma_alloc_coherent(a, 4K, &ring_dma, GFP_KERNEL | __GFP_NOWARN);
        ring[0..8].write(7);
        a.read(ring_dma[0..8]);
        a.write(ring, 3);
        dma_free_coherent(a, 4K, ring, ring_dma);
        nc = dma_alloc_noncoherent(a, 4K, DMA_BIDIRECTIONAL);
        dma_free_noncoherent(a, nc, DMA_BIDIRECTIONAL);
        att = dma_buf_attach(h, b);
        if (IS_ERR(att)) return;
        sgt = dma_buf_map_attachment_unlocked(att, DMA_BIDIRECTIONAL);
        ioctl(h, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
        x = h.read();
        ioctl(h, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
        dma_buf_begin_cpu_access(h, DMA_FROM_DEVICE);
        dma_buf_end_cpu_access(h, DMA_FROM_DEVICE);
        dma_buf_vmap(h);
        dma_buf_pin(att);
        n1.write_cached(); p[0..16].write_wc(2); p.read_uncached();
        thread cpu { wait(ready); x = p.read(); signal(done); }
        thread dev
        {
            b.start_write(sgt[0..4096], 2);
            signal(ready);
            wait(done);
            b.wait();
        }
        dma_buf_unmap_attachment(att, sgt, DMA_BIDIRECTIONAL);
        dma_buf_detach(h, att);
        free(h);
        expect stale sometimes, lost always on linux-6.5..linux-6.12, linux-6.18+no-bounce+mercier, +marinas when noncoherent and bounced;
        expect contract;
        expect fails -EIO always when direct;
        """;
}
