using Handoff.Litmus.Language;

namespace Handoff.Litmus.Lowering;

/// <content>Calls of the DMA API.</content>
internal sealed partial class Simulation
{
    private void Call(int agent, CallStatement call)
    {
        switch (call.Signature.Kind)
        {
            case ApiKind.Map:
                MapOne(agent, call);
                break;
            case ApiKind.MapList:
                MapList(agent, call);
                break;
            case ApiKind.Unmap or ApiKind.UnmapList:
                Unmap(agent, call);
                break;
            case ApiKind.Sync:
                Sync(agent, call);
                break;
            case ApiKind.Query:
                if (call.Function == ApiFunction.DmaMappingError && call.Handle is { } asked && _mappings.TryGetValue(asked.Name.Text, out Mapping? mapping))
                {
                    mapping.Unchecked = false;
                    if (call.Target is { } target)
                        _values[target.Text] = mapping.Error;
                }

                break;
            case ApiKind.Mask:
                SetMask(agent, call);
                break;
            case ApiKind.Allocate:
                Allocate(agent, call);
                break;
            case ApiKind.Release:
                Release(agent, call);
                break;
            case ApiKind.DmaBuf:
                DmaBufCall(agent, call);
                break;
            case ApiKind.User:
                SyncIoctl(agent, call);
                break;
            default:
                FreeBuffer(agent, call);
                break;
        }
    }

    private void SetMask(int agent, CallStatement call)
    {
        Device device = _setup.Devices[call.DeviceName!];
        Errno result = call.Function switch
        {
            ApiFunction.DmaSetMask => _layer.SetMask(device, call.Mask ?? 0),
            ApiFunction.DmaSetCoherentMask => _layer.SetCoherentMask(device, call.Mask ?? 0),
            _ => _layer.SetMaskAndCoherent(device, call.Mask ?? 0),
        };
        int first = _agents[agent].Steps.Count;
        PhysicalStep step = Add(agent, call.Signature.Name, call.Span);
        Commit(agent, first);
        Returns(step, call, result);
    }
}
