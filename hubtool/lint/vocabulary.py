"""The words that cards choose from: fields of work, uses, file formats, keys and datasets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from functools import cache, lru_cache

from hubtool.card.datasets import KNOWN_DATASETS
from hubtool.card.names import name_key, says_none


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODULE_FIELDS = _words("""
3d audio cv gnn hpc mm multimodal nlp other recommend recommendation rl robotics science scientific speech tabular
timeseries video
""")
"""First part of `module-type`."""

MODULE_TASKS = _words("""
action_recognition anomaly_detection classification click_through_rate_prediction denoising depth_estimation
emotion_classification face_detection face_recognition fault_diagnosis image_captioning image_classification
image_denoising image_generation image_matting image_restoration image_retrieval image_segmentation inpainting
instance_segmentation keypoint_detection knowledge_distillation language_modeling link_prediction
machine_translation named_entity_recognition natural_language_generation natural_language_understanding
node_classification object_detection object_tracking optical_flow_estimation panoptic_segmentation
person_re_identification point_cloud pose_estimation question_answering recommendation reinforcement_learning
scene_text_detection scene_text_recognition segmentation semantic_segmentation sentiment_analysis
speech_recognition speech_synthesis style_transfer super_resolution text_classification text_detection
text_generation text_recognition text_to_speech video_classification
""")
"""Second part of `module-type`: an open list, used only to notice slips of the pen."""

USES = _words("""
deployment evaluation export extract-feature extract-features feature-extraction fine-tune fine-tuning finetune
finetuning inference pre-training pretraining retraining train training transfer-learning
""")
"""Values of `used-for`."""

FILE_FORMATS = _words("""
air bin caffemodel ckpt engine gguf gz h5 hdf5 joblib json keras mindir mindrecord ms mslite msgpack npy npz om
onnx pb pdmodel pdparams pickle pkl plan pt pth safetensors tar tflite txt xml yaml zip
""")
"""Values of `file-format`: the extension, without its dot."""

OPTIONAL_KEYS = _words(
    "input-shape train-backend infer-backend accuracy mindspore-lite featured-image allow-cache-ckpt"
)
"""Keys that older hubs defined beside those of the schema."""

KEY_ALIASES = {
    "backbone": "backbone-name",
    "name": "model-name",
    "version": "model-version",
    "dataset": "train-dataset",
    "datasets": "train-dataset",
    "metrics": "evaluation",
    "date": "update-time",
    "updatedate": "update-time",
    "repo": "repo-link",
    "assets": "asset",
    "licence": "license",
    "description": "summary",
    "format": "file-format",
    "link": "asset-link",
    "url": "asset-link",
    "sha256": "asset-sha256",
}
"""Keys that other hubs use for a key of ours; only letters and digits of them."""

_OTHER_DATASETS = """
300W; 300W-LP; 3DMatch; A Single Nature Image; A2D2; ABIDE; AclImdb; Adding Problem; ADE20K; AFHQ; AFLW; AFLW2000;
AG News; AG's News Topic Classification; AIC; AISHELL; AISHELL-1; AISHELL-2; Amazon Beauty; Amazon Books;
Amazon Electronics; APDrawingDB; apple2orange; ARC; ATIS; AudioSet; Augmented Pascal; AVA; AVA2.2; Avazu; BDD100K;
Bitcoin Alpha; Bitcoin OTC; BookCorpus; BoolQ; BraTS 2017; BraTS 2018; BraTS 2019; BraTS 2020; BSD100; BSD300; BSD500;
BSD68; BSDS300; BSDS500; C4; CALVIN; CamVid; Captcha; CASIA-WebFace; CBSD68; CC12M; CC3M; CelebA; CelebA-HQ;
Cell Nuclei; Census Income; Chinese NER; ChineseNER; ChnSentiCorp; CiteSeer; Cityscapes; CLUENER; CMRC; CMRC2018;
cn-news-128; cn-wiki; CNEWS; CNN/DailyMail; COCO; COCO Caption; COCO Captions; COCO-Stuff; COCO-Text; COCO2014;
COCO2014 mini; COCO2015; COCO2017; CocoTextv2; CoLA; CoNLL 2000; CoNLL 2003; CoNLL 2012; Cora; Core50; Cornell;
Criteo; CrowdHuman; CUB; CUB-200-2011; CUB200; CUHK03; CULane; DailyMail; DAVIS; DAVIS2016; DAVIS2017; DBLP; DBPedia;
DBPedia Ontology Classification; DBQA; DeepFashion; DeepGlobe; DeepGlobe Road Extraction; DIV2K; DIV8K; DOTA; Douban;
DRCD; DRIVE; DTD; DuConv; DukeMTMC; DukeMTMC-reID; DUTS; DUTS-TR; DUTS-train; ECSSD; edges2handbags; edges2shoes;
en-wiki-128; en-wiki-512; enwik8; enwiki; ESC50; ETTh1; ETTm1; EuroSAT; facades; FaceForensics; FairFace; FB15k;
FB15k-237; FDDB; FER2013; FFHQ; Flickr2K; Flickr30k; Flickr8k; Flowers102; Flowers17; FlyingChairs; FlyingThings3D;
Food101; FSNS; G1020; GigaSpeech; Gigaword; GLDv2; GLUE; Google Landmarks; GoPro; GSM8K; GTA5; Gym; HMDB51;
horse2zebra; HotpotQA; HPA; Human Face; Human3.6M; HumanEval; IAM; IC13; IC15; ICDAR2013; ICDAR2015; ICDAR2017;
ICDAR2019; ICPR2018; IFLYTEK; iharmony4; IIIT5K; ILSVRC2013; ILSVRC2015; ILSVRC2015-VID; ImageNet-21K; ImageNet-22K;
ImageNet-A; ImageNet-C; ImageNet-R; ImageNet2017; IMDB; iNaturalist; InternVid; ISBI; ISBI Challenge; ISEG2017;
ISIC2018; JFT-300M; KADID-10k; Kinetics; Kinetics400; Kinetics600; Kinetics700; KingsCollege; KITTI; KITTI2012;
KITTI2015; Kodak; KonIQ-10k; LAION-400M; LAION-5B; LaSOT; LCCC; LCQMC; LFW; LibriSpeech; LibriTTS; LINEMOD; LIP;
LiTS2017; LJSpeech; LJSpeech-1.1; LOL; Los-loop; LSUN; LSUN Bedrooms; LUNA16; LVIS; MagnaTagATune; maps; Market1501;
Matting Human; METR-LA; MIND; MINDlarge; MINDsmall; mini-ImageNet; MJ-ST-IIIT; MJSynth; ml-1m; ml-20m; MLPerf; MNLI;
ModelNet10; ModelNet40; MOT15; MOT16; MOT17; MOT20; Movie Review; MovieLens; MovieLens-1M; MovieLens-20M;
Moving MNIST; MPII; MR; MRDA; MRPC; MS COCO; MS-Celeb-1M; MS1M; MS1MV2; MS1MV3; MSCOCO; MSMARCO; MSMT17; MSRA-NER;
MSRVTT; MTFL; MTL; Multi30k; Music Tagging; MVTec AD; NEU-DET; News Crawl; NLVR2; NTU RGB+D; NUS-WIDE; nuScenes;
NYU; NYU Depth v2; NYUDv2; OASIS; ogbn-arxiv; ogbn-products; Omniglot; OntoNotes; OpenImage; OpenImages; OpenWeb;
OpenWebText; OTB100; OTB2015; OutBrain; Oxford 102 Flowers; Oxford-IIIT Pet; Oxford5k; Paris6k; PASCAL Context;
PASCAL VOC; PAWS-X; PBN; PeMS-BAY; PeMSD4; PeMSD7; PeMSD7-M; PeMSD8; Penn Treebank; Permuted MNIST; Places; Places2;
Places365; Polarity Movie Review; PPI; PROMISE12; PROMISE2012; PTB; PubLayNet; PubMed; QM9; QNLI; QQP; RACE; RAF-DB;
Rain100H; Rain100L; RealSR; ReCoRD; Reddit; ReDWeb; RefCOCO; RegDB; RESIDE; RTE; RVL-CDIP; RWMFD; S3DIS; SA-1B;
ScanNet; SCUT-FORU; SCUT-HEAD; Selfie2Anime; Semantic KITTI; Sentence Polarity; Set12; Set14; Set5; ShanghaiTech;
ShanghaiTechA; ShanghaiTechB; ShapeNet; ShapeNetPart; SICK; Single Nature Image; SMAP; SMD; SNLI; Something-Something;
Something-Something v2; Sony; SOP; Speech Commands; Speech Commands Version1; SQuAD; SQuAD1.1; SQuAD2.0; SST; SST-2;
SST-5; Stanford Cars; Stanford Online Products; Steam; STL10; StMarysChurch; STS-B; SUBJ; Summer2Winter; SUN RGB-D;
SUN397; SVHN; SVT; SwDA; Synth; SynthText; SYSU-MM01; SZ-taxi; T-LESS; TACoS; Tanks and Temples; TED-LIUM; text8;
The Pile; ThuCNews; TIMIT; Tiny-ImageNet; TinyShakespeare; TNEWS; Total-Text; TrackingNet; TriviaQA; TuSimple; Ubuntu;
UCF101; UCI HAR; UDC; Urban100; Vaihingen; VCTK; VehicleNet; VeRi; VeRi-776; VGGFace2; VID; Vimeo90K; VisDrone;
VisDrone2019; Visual Genome; VOC0712; VOC2007; VOC2012; VOT2013; VOT2014; VOT2015; VOT2016; VOT2018; VoxCeleb;
VoxCeleb1; VoxCeleb2; VQAv2; Water; Waterloo; Waymo; WebVision; WenetSpeech; WiderFace; wiki; wiki-zh; Wikipedia;
WikiText; WikiText-103; WikiText-2; WMT; WMT en-de; WMT14; WMT14 en-de; WMT14 en-fr; WMT16; WMT16 de-en; WMT16 en-ro;
WMT17; WMT18; WMT19; WMT20; WN18; WN18RR; WNLI; XNLI; XSum; XView; Yahoo Answers; Yelp; Yelp Polarity;
Yelp Review Polarity; YouTube Faces; YouTube-BB; YouTube-VOS; YouTubeFace; zh-wiki
"""
_DATASET_FAMILY = re.compile(r"mvtecad[a-z]*|imagenet(?:2012)?(?:train|val)|librispeech(?:clean)?\d+h?|custom|private")
_DATASET_WORD = re.compile(r"datasets?|data$")
_DATASET_VERSION = re.compile(r"v(?:ersion)?\d{1,4}$")
_SEPARATORS = re.compile(r"[|,;&+/]|\band\b")


@lru_cache(maxsize=1024)
def closest(word: str, words: Collection[str], cutoff: float = 0.8) -> str | None:
    """The word of a list that a misspelt one most probably stands for."""
    found = difflib.get_close_matches(word[:80], words, 1, cutoff)
    return found[0] if found else None


@lru_cache(maxsize=4096)
def unknown_datasets(value: str) -> tuple[str, ...]:
    """Parts of a `train-dataset` value that are no known dataset, as written; `N/A` and the like name none."""
    if says_none(value) or _is_dataset(value):
        return ()
    parts = [part.strip() for part in _SEPARATORS.split(value)]
    return tuple(part for part in parts if not says_none(part) and not _is_dataset(part) and not _is_joined(part))


def similar_dataset(name: str) -> str | None:
    """The known dataset that has nearly the given name."""
    key = closest(name_key(name), tuple(_datasets()))
    return _datasets()[key] if key else None


@cache
def _datasets() -> dict[str, str]:
    others = (name.strip() for name in _OTHER_DATASETS.replace("\n", " ").split(";"))
    names = [*(name for known in KNOWN_DATASETS for name in known.names), *others]
    return {name_key(name): name for name in names}


def _is_dataset(name: str) -> bool:
    key = name_key(name)
    if key in _datasets() or _DATASET_FAMILY.fullmatch(key):
        return True
    bare = _DATASET_WORD.sub("", key)
    return bare in _datasets() or _DATASET_VERSION.sub("", bare) in _datasets()


def _is_joined(name: str) -> bool:
    """Whether a name is two known ones or more, as in `fairface_rwmfd`."""
    return all(map(_is_dataset, re.split(r"[_\s]+", name)))
