using Handoff.Litmus.Language;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Lowering;

/// <content>dma-buf: attachments, and how each exporter maps and syncs.</content>
internal sealed partial class Simulation
{
    private readonly Dictionary<string, Attachment> _attachments = [];
    private readonly List<Attachment> _newestFirst = [];
    private readonly Dictionary<string, Mapping> _ownDevice = []; // udmabuf: the exporter's own mapping, made by the first begin

    private void DmaBufCall(int agent, CallStatement call)
    {
        switch (call.Function)
        {
            case ApiFunction.DmaBufAttach:
                var attachment = new Attachment(call.Memory!.Name.Text, _setup.Devices[call.DeviceName!]) { Cached = IsUdmabuf(call.Memory.Name.Text) };
                _newestFirst.Insert(0, attachment);
                if (call.Target is { } target)
                    _attachments[target.Text] = attachment;
                Plain(agent, call);
                break;
            case ApiFunction.DmaBufDetach:
                Attachment detached = _attachments[call.Attachment!.Name.Text];
                if (detached is { Cached: true, Mapped: { } kept })
                    EndMapping(agent, call, kept, kept.Direction, kept.Attributes, null);
                else
                    Plain(agent, call);
                if (detached is { Cached: false, Mapped: not null })
                    Raise(_agents[agent].Steps[^1], Verdicts.Contract, Verdict.Contract, "detaches while the attachment is mapped");
                _newestFirst.Remove(detached);
                break;
            case ApiFunction.DmaBufMapAttachment or ApiFunction.DmaBufMapAttachmentUnlocked:
                MapAttachment(agent, call);
                break;
            case ApiFunction.DmaBufUnmapAttachment or ApiFunction.DmaBufUnmapAttachmentUnlocked:
                UnmapAttachment(agent, call);
                break;
            case ApiFunction.DmaBufBeginCpuAccess:
                CpuSession(agent, call, call.Memory!.Name.Text, call.Direction ?? DmaDirection.Bidirectional, begin: true);
                break;
            case ApiFunction.DmaBufEndCpuAccess:
                CpuSession(agent, call, call.Memory!.Name.Text, call.Direction ?? DmaDirection.Bidirectional, begin: false);
                break;
            default:
                Plain(agent, call);
                break;
        }
    }

    private void Plain(int agent, CallStatement call)
    {
        Add(agent, call.Signature.Name, call.Span);
        Commit(agent, _agents[agent].Steps.Count - 1);
    }

    private void MapAttachment(int agent, CallStatement call)
    {
        Attachment attachment = _attachments[call.Attachment!.Name.Text];
        MemoryObject memory = _setup.Objects[attachment.Buffer];
        DmaDirection direction = call.Direction ?? DmaDirection.Bidirectional;
        if (attachment is { Cached: true, Mapped: { } kept })
        {
            Plain(agent, call);
            bool fits = kept.Direction == direction || kept.Direction == DmaDirection.Bidirectional;
            if (!fits)
            {
                Raise(_agents[agent].Steps[^1], Verdicts.Fails, Verdict.Fails, $"{call.Signature.Name} fails with -{Errno.Busy.KernelName()}");
                _errors.Add(Errno.Busy);
            }

            if (call.Target is { } again)
                _mappings[again.Text] = fits ? kept : new Mapping { Name = again.Text, Device = attachment.Device, Direction = direction, Error = Errno.Busy };
            return;
        }

        Mapping mapping = MapTable(agent, call, attachment.Device, call.Target?.Text ?? attachment.Buffer, memory.Runs, direction, ExporterAttributes(memory));
        if (mapping.Error == Errno.None)
            attachment.Mapped = mapping;
        if (call.Target is { } target)
            _mappings[target.Text] = mapping;
    }

    private void UnmapAttachment(int agent, CallStatement call)
    {
        Attachment attachment = _attachments[call.Attachment!.Name.Text];
        if (attachment.Mapped is not { } mapping)
        {
            Plain(agent, call);
            Raise(_agents[agent].Steps[^1], Verdicts.Contract, Verdict.Contract, "unmaps an attachment that is not mapped");
            return;
        }

        if (attachment.Cached)
        {
            Plain(agent, call);
            return;
        }

        EndMapping(agent, call, mapping, call.Direction ?? mapping.Direction, mapping.Attributes, null);
        attachment.Mapped = null;
    }

    private void SyncIoctl(int agent, CallStatement call)
    {
        DmaBufSyncFlags flags = call.SyncFlags;
        bool read = flags.HasFlag(DmaBufSyncFlags.Read), write = flags.HasFlag(DmaBufSyncFlags.Write);
        if (!read && !write)
        {
            Plain(agent, call);
            Raise(_agents[agent].Steps[^1], Verdicts.Fails, Verdict.Fails, $"ioctl fails with -{Errno.Invalid.KernelName()}");
            _errors.Add(Errno.Invalid);
            return;
        }

        DmaDirection direction = read && write ? DmaDirection.Bidirectional : read ? DmaDirection.FromDevice : DmaDirection.ToDevice;
        CpuSession(agent, call, call.Memory!.Name.Text, direction, begin: !flags.HasFlag(DmaBufSyncFlags.End));
    }

    private void CpuSession(int agent, CallStatement call, string buffer, DmaDirection direction, bool begin)
    {
        int first = _agents[agent].Steps.Count;
        MemoryObject memory = _setup.Objects[buffer];
        if (IsUdmabuf(buffer))
            UdmabufSession(agent, call, memory, direction, begin);
        else if (memory.Declaration?.DefaultView == CpuView.Cached)
        {
            foreach (Attachment attachment in _newestFirst.Where(a => a.Buffer == buffer && a.Mapped is not null).ToArray())
                SyncMapping(agent, call, attachment.Mapped!, direction, begin, 0, attachment.Mapped!.Size);
        }

        if (_agents[agent].Steps.Count == first)
            Plain(agent, call);

        // In the eyes of the API the buffer is the CPU's from begin to end, whatever the exporter did.
        int last = _agents[agent].Steps.Count;
        foreach (Attachment attachment in _newestFirst.Where(a => a.Buffer == buffer && a.Mapped is not null))
        {
            if (!begin && !attachment.Mapped!.Owned.Exists(o => o.Window.IsOpen))
                attachment.Mapped.Owned.Add((0, ulong.MaxValue, new OpenWindow(agent, last)));
            foreach ((ulong _, ulong _, OpenWindow window) in attachment.Mapped!.Owned.Where(o => begin && o.Window.IsOpen))
                window.Close(agent, last);
        }
    }

    /// <summary>udmabuf syncs a mapping of its own device, never those of the importers.</summary>
    private void UdmabufSession(int agent, CallStatement call, MemoryObject memory, DmaDirection direction, bool begin)
    {
        if (_ownDevice.TryGetValue(memory.Name, out Mapping? own))
        {
            SyncMapping(agent, call, own, direction, begin, 0, own.Size);
        }
        else if (!begin)
        {
            Plain(agent, call);
            Raise(_agents[agent].Steps[^1], Verdicts.Fails, Verdict.Fails, $"{call.Signature.Name} fails with -{Errno.Invalid.KernelName()}");
            _errors.Add(Errno.Invalid);
        }
        else
        {
            var device = new Device("udmabuf") { DmaMask = ulong.MaxValue, CoherentDmaMask = ulong.MaxValue };
            own = MapTable(agent, call, device, $"{memory.Name} (udmabuf's own mapping)", memory.Runs, direction, ExporterAttributes(memory));
            foreach ((ulong _, ulong _, OpenWindow window) in own.Owned)
                window.Close(agent, 0);
            if (own.Error == Errno.None)
            {
                _ownDevice.Add(memory.Name, own);
                if (_kernel.Switches.UdmabufSkipsSync)
                    SyncMapping(agent, call, own, direction, begin, 0, own.Size); // the map cleaned nothing; recorded on 6.12.117
            }
        }
    }

    private bool IsUdmabuf(string buffer) => _setup.Objects[buffer].Declaration?.Kind == BufferKind.Udmabuf;

    private DmaAttributes ExporterAttributes(MemoryObject memory) =>
        memory.Declaration?.Kind == BufferKind.Udmabuf
            ? _kernel.Switches.UdmabufSkipsSync ? DmaAttributes.SkipCpuSync : DmaAttributes.None
            : memory.Declaration?.DefaultView == CpuView.Cached ? DmaAttributes.None : DmaAttributes.SkipCpuSync;
}
